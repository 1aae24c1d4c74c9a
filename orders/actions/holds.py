"""Holds: reasons why an order must wait. Rows, never a status; releasing the last one restarts work."""

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.each import Tally, each
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.roles import Role
from orders.actions.allocation import allocate, free_promised
from orders.actions.finishing import finish_unshipped
from orders.actions.progress import lock_order, refresh_status
from orders.actions.promises import renew_if_missed
from orders.emails import ASKS_CUSTOMER, hold_message, hold_settled, shipping_address, status_url
from orders.models import Hold, Order
from orders.states import OrderStatus, Stage

EVERYTHING_PHYSICAL = tuple(stage for stage in Stage.values if stage != Stage.ALLOCATE)


class NotOpen(Exception):
    """The order is closed or cancelled: there is nothing left to hold."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"{order} is {order.get_status_display().lower()}. There is nothing left to hold")


class AlreadyReleased(Exception):
    """Somebody released this hold before."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(f"{hold.released_by} released this hold already")


def stops(order: Order, stage: str) -> Hold | None:
    """Inside the caller's transaction, under the order lock: the oldest open hold that stops this stage."""
    return Hold.objects.filter(order=order).stopping(stage).order_by("opened_at", "pk").first()


@transaction.atomic(durable=True)
def place_hold(order_id: int, *, by: User | str, now: datetime, **facts: object) -> Hold:
    """Stop an order (arguments as `hold`). It stops work on the floor at the next scan.

    Raises NotOpen.
    """
    return hold(lock_order(order_id), by=by, now=now, **facts)  # type: ignore[arg-type]


def hold(
    order: Order,
    *,
    code: str,
    reason: str,
    by: User | str,
    now: datetime,
    source: str = "staff",
    handle: str = "",
    note: str = "",
    keeps_stock: bool = True,
    blocks: Iterable[str] = EVERYTHING_PHYSICAL,
    owner_role: str = Role.SUPPORT,
    target_hours: int = 4,
    expires_at: datetime | None = None,
    cancels_at: datetime | None = None,
    pauses_sla: bool = True,
) -> Hold:
    """Inside the caller's transaction: put a hold on a locked order; the same handle twice is one hold.

    `keeps_stock` False gives its promised units back (what is on the floor already stays there).
    """
    if order.current_status in (OrderStatus.CLOSED, OrderStatus.CANCELLED):
        raise NotOpen(order)
    placed, is_new = Hold.objects.get_or_create(
        order=order,
        source=source,
        handle=handle or code,
        released_at=None,
        defaults={
            "code": code,
            "reason": reason,
            "note": note,
            "keeps_stock": keeps_stock,
            "blocks": ",".join(_reach(blocks, keeps_stock)),
            "owner_role": owner_role,
            "target_hours": target_hours,
            "expires_at": expires_at,
            "cancels_at": cancels_at,
            "pauses_sla": pauses_sla,
            "opened_at": now,
            "opened_by": str(by),
        },
    )
    if is_new:
        _write_down(placed, gettext_noop("Held: {reason}"), verb="hold.placed", by=by, now=now, reason=reason)
        if code in ASKS_CUSTOMER:
            url = status_url(order, now=now)
            hold_message(order, code=code, address=shipping_address(order), url=url, now=now)
        if not keeps_stock:
            free_promised(order, now=now)
            refresh_status(order, now=now)
    return placed


def _reach(blocks: Iterable[str], keeps_stock: bool) -> list[str]:
    """In the order of the stages; a hold that gives stock back also keeps it from being promised again."""
    wanted = {*blocks} if keeps_stock else {*blocks, Stage.ALLOCATE}
    return [stage for stage in Stage.values if stage in wanted]


@transaction.atomic(durable=True)
def release_hold(hold_id: int, *, by: User | str, now: datetime, note: str = "") -> Hold:
    """Lift a hold. When it was the last one, work restarts by itself. Raises AlreadyReleased."""
    order = lock_order(Hold.objects.values_list("order_id", flat=True).get(pk=hold_id))
    # Read under the order lock: closes the race of two people releasing the same hold.
    held = Hold.objects.select_related("order").get(pk=hold_id)
    if held.released_at is not None:
        raise AlreadyReleased(held)
    release(held, order, by=by, now=now, note=note)
    return held


def release(held: Hold, order: Order, *, by: User | str, now: datetime, note: str = "") -> None:
    """Inside the caller's transaction: lift a hold of a locked order and restart what it stopped."""
    held.released_at, held.released_by = now, str(by)
    held.note = "\n".join(part for part in (held.note, note) if part)
    held.save(update_fields=["released_at", "released_by", "note"])
    hold_settled(order, code=held.code)
    is_last = not Hold.objects.filter(order=order).open().exists()
    sentence = gettext_noop("Released: {reason}. Work goes on") if is_last else gettext_noop("Released: {reason}")
    _write_down(held, sentence, verb="hold.released", by=by, now=now, reason=held.reason)
    if stops(order, Stage.ALLOCATE) is None:
        allocate(order, by=by, now=now)
    if is_last:
        renew_if_missed(order, by=by, now=now)
        finish_unshipped(order, by=by, now=now)


@transaction.atomic(durable=True)
def undo_release(hold_id: int, *, by: User | str, now: datetime) -> Hold:
    """Put a released hold back as it was; it ends no order whose time was up meanwhile. Raises NotOpen when that is finished."""
    order = lock_order(Hold.objects.values_list("order_id", flat=True).get(pk=hold_id))
    old = Hold.objects.get(pk=hold_id)
    same = ("code", "reason", "source", "handle", "note", "keeps_stock", "owner_role", "target_hours", "pauses_sla")
    facts = {name: getattr(old, name) for name in same}
    cancels_at = old.cancels_at if old.cancels_at and old.cancels_at > now else None
    return hold(order, by=by, now=now, blocks=old.stages, expires_at=old.expires_at, cancels_at=cancels_at, **facts)


def expire_holds(*, now: datetime) -> Tally:
    """Release every hold whose time is up, one transaction each; tells how many, and which could not be."""
    due = Hold.objects.open().filter(expires_at__lte=now).order_by("expires_at", "pk")
    rows = list(due.values_list("pk", "order__number"))
    return each(rows, lambda row: _expire(row[0], now), number=itemgetter(1))


def _expire(hold_id: int, now: datetime) -> bool:
    try:
        release_hold(hold_id, by="Timer", now=now)
    except AlreadyReleased:
        return False
    return True


def _write_down(held: Hold, sentence: str, *, verb: str, by: User | str, now: datetime, reason: str) -> None:
    record(verb, sentence, subject=held.order.number, by=by, now=now, reason=reason, hold=held.pk)
