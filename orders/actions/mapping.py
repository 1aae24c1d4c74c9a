"""Teaching the intake what a channel calls our SKUs, and mending the orders that waited for it."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.models import Sku
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.actions.holds import release
from orders.actions.progress import lock_order, refresh_status
from orders.exploding import parts_of
from orders.known import components_of
from orders.models import Channel, Hold, InboundOrder, Order, OrderLine, SkuAlias
from orders.states import HoldCode, InboundState, LineKind

MOST_UNITS_EACH = 10_000
FOUR = Decimal("0.0001")


class CannotMap(Exception):
    """The code cannot be mapped as wished; the sentence says why."""


@transaction.atomic(durable=True)
def map_sku(
    *, channel: Channel, external_code: str, sku: Sku, units: int = 1, by: User | str, now: datetime
) -> SkuAlias:
    """From now on this channel's code means `units` units of our SKU. Raises CannotMap.

    Orders that have it already are mended by `identify_items`, which a job calls as well.
    """
    if not 1 <= units <= MOST_UNITS_EACH:
        raise CannotMap(_("One of theirs is between 1 and %(most)d of ours.") % {"most": MOST_UNITS_EACH})
    if not external_code.strip() or len(external_code) > 120:
        raise CannotMap(_("The channel's code has between 1 and 120 characters."))
    alias, _made = SkuAlias.objects.update_or_create(
        channel=channel, external_code=external_code, defaults={"sku": sku, "units": units}
    )
    facts = {"code": external_code, "sku": sku.code, "units": units, "channel": channel.code}
    sentence = gettext_noop("{channel}: “{code}” means {units} × {sku}")
    record("map_sku", sentence, subject=f"channel {channel.code}", by=by, now=now, **facts)
    return alias


def unidentified() -> QuerySet[OrderLine]:
    """Lines whose item nobody knew, on orders that are still open."""
    open_orders = Order.objects.open()
    return OrderLine.objects.filter(order__in=open_orders, sku=None, kind=LineKind.ITEM).order_by("order_id", "pk")


def mendable_orders(limit: int = 500) -> list[int]:
    """Orders with a line whose code has been mapped since."""
    found: dict[int, None] = {}
    lines = unidentified().filter(order__channel__aliases__external_code=F("external_code"))
    for order_id in lines.values_list("order_id", flat=True)[:limit]:
        found[order_id] = None
    return list(found)


@retries_conflicts
@transaction.atomic(durable=True)
def identify_items(order_id: int, *, by: User | str, now: datetime) -> int:
    """Give an order's unknown lines the SKUs their codes are mapped to; work restarts when none is left.

    Returns how many lines were identified; doing it again changes nothing.
    """
    order = lock_order(order_id)
    lines = list(OrderLine.objects.filter(order=order, sku=None, kind=LineKind.ITEM).order_by("pk"))
    aliases = SkuAlias.objects.filter(
        channel=order.channel_id, external_code__in=[line.external_code for line in lines]
    )
    known = {alias.external_code: alias for alias in aliases.select_related("sku")}
    found = [line for line in lines if line.external_code in known]
    for line in found:
        _identify(line, known[line.external_code])
    if not found:
        return 0
    codes = ", ".join(dict.fromkeys(line.external_code for line in found))
    record(
        "order.identified", gettext_noop("Items known now: {codes}"), subject=order.number, by=by, now=now, codes=codes
    )
    if len(found) == len(lines):
        _restart(order, by=by, now=now)
    _mend_inbound(order, set(known))
    return len(found)


def _identify(line: OrderLine, alias: SkuAlias) -> None:
    """An unknown line has nothing promised yet: its units all wait or are cancelled."""
    line.sku = alias.sku
    line.ordered, line.cancelled = line.ordered * alias.units, line.cancelled * alias.units
    line.backordered = line.ordered - line.cancelled
    line.unit_price = (line.unit_price / alias.units).quantize(FOUR, rounding=ROUND_HALF_UP)
    parts = components_of([alias.sku_id]).get(alias.sku_id, ()) if alias.sku.is_bundle else ()
    if parts:
        line.kind, line.backordered = LineKind.BUNDLE, 0
    line.save()
    last = OrderLine.objects.filter(order=line.order_id).order_by("-position").values_list("position", flat=True)[0]
    for position, part in enumerate(parts_of(line, parts), start=last + 1):
        part.order_id, part.position = line.order_id, position
        part.save(force_insert=True)


def _restart(order: Order, *, by: User | str, now: datetime) -> None:
    refresh_status(order, now=now)
    for held in Hold.objects.filter(order=order, code=HoldCode.UNKNOWN_SKU).open().order_by("pk"):
        release(held, order, by=by, now=now, note=_("The item is known now."))


def _mend_inbound(order: Order, codes: set[str]) -> None:
    """The findings of the document that are mended are taken off it."""
    inbound = InboundOrder.objects.filter(order=order).first()
    if inbound is None:
        return
    inbound.findings = [f for f in inbound.findings if f["code"] != "unknown_sku" or f["value"] not in codes]
    is_free = inbound.state == InboundState.HELD and not order.holds.open().exists()
    inbound.state = InboundState.ACCEPTED if is_free else inbound.state
    errors = [finding["message"] for finding in inbound.findings if finding["severity"] == "error"]
    inbound.error = errors[0][:500] if errors else ""
    inbound.save(update_fields=["findings", "state", "error"])
