"""Why an order is not moving, as far as the floor knows: set aside, or short at a place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from fulfilment.models import FulfilmentOrder, PickTask
from fulfilment.states import WorkStatus
from ordermgmt.blocking import Blocker, Fix, blocker_rule
from ordermgmt.roles import Role
from orders.models import Order
from orders.states import FulfilmentStatus, OrderStatus

SHORT, ASIDE = 25, 45
COUNT_WITHIN = timedelta(hours=4)
UNDER_WAY = (FulfilmentStatus.WAITING, FulfilmentStatus.IN_PROGRESS, FulfilmentStatus.PART_SHIPPED)


@blocker_rule
def floor_blockers(orders: Sequence[Order], now: datetime) -> Mapping[int, Sequence[Blocker]]:
    """One statement, however many orders, and none when no order waits for stock."""
    found: dict[int, list[Blocker]] = defaultdict(list)
    open_orders = [order for order in orders if order.status == OrderStatus.ACCEPTED]
    for task in _shorts([order.pk for order in open_orders if _may_be_short(order)]):
        if not any(blocker.code == "short_pick" for blocker in found[task.line.work.order_id]):
            found[task.line.work.order_id].append(_short(task))
    for order in open_orders:
        found[order.pk] += [_aside(work) for work in order.open_work if _is_set_aside(work)]
    return {pk: blockers for pk, blockers in found.items() if blockers}


def _may_be_short(order: Order) -> bool:
    """An order that was never on the floor cannot be short there."""
    return order.fulfilment_status in UNDER_WAY and bool(getattr(order, "floor_work", ()))


def _is_set_aside(work: FulfilmentOrder) -> bool:
    return work.wave_id is None and work.status in (WorkStatus.RELEASED, WorkStatus.PICKING)


def _shorts(order_ids: Sequence[int]) -> list[PickTask]:
    """Short picks of lines that still wait for those units, at places that are not counted yet."""
    if not order_ids:
        return []
    tasks = PickTask.objects.filter(line__work__order__in=order_ids, short__gt=0, bin__is_suspect=True)
    waiting = tasks.filter(line__order_line__backordered__gt=0)
    return list(waiting.select_related("bin", "line__sku", "line__work").order_by("pk"))


def _short(task: PickTask) -> Blocker:
    work = task.line.work
    since = work.picking_at or work.released_at
    facts = {"units": task.short, "item": task.line.sku.code, "place": task.bin.code}
    return Blocker(
        code="short_pick",
        sentence=_("%(units)s × %(item)s was not at %(place)s") % facts,
        since=since,
        target_at=since + COUNT_WITHIN if since else None,
        owner_role=Role.LEAD,
        next_step=_("Count %(place)s; what is found goes to this order") % facts,
        tone="warn",
        rank=SHORT,
        fixes=[Fix(_("Open the item"), reverse("item_detail", args=[task.line.sku.code]), permission="inventory.view")],
    )


def _aside(work: FulfilmentOrder) -> Blocker:
    since = work.picking_at or work.released_at
    facts = {"what": work.tote or work.number}
    return Blocker(
        code="set_aside",
        sentence=_("Tote %(what)s was set aside") % facts,
        since=since,
        target_at=since + COUNT_WITHIN if since else None,
        owner_role=Role.LEAD,
        next_step=_("Release the next wave; it takes this order up again"),
        tone="waiting",
        rank=ASIDE,
        fixes=[Fix(_("New wave"), reverse("wave_new"), permission="fulfilment.release")],
    )
