"""Carrying out a change of a locked order, so that it can be undone."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.models import Sku
from ordermgmt.models import User
from orders.actions.allocation import allocate, free_promised
from orders.actions.cancellation import TooLateToCancel, stocked_units, take_off
from orders.actions.finishing import finish_unshipped
from orders.actions.holds import release
from orders.actions.paying import release_when_paid
from orders.actions.progress import refresh_status
from orders.actions.promises import destination, renew_promises
from orders.actions.repricing import MONEY, reprice_line, tax_of, total_up
from orders.actions.unbilling import credit_what_is_not_sent
from orders.checks import address_problems
from orders.drafts import DraftAddress, DraftLine
from orders.exploding import explode
from orders.known import components_of
from orders.models import AddressKind, Hold, Order, OrderAddress, OrderLine
from orders.network import load_network
from orders.pricing import LineMoney, price_line
from orders.states import HoldCode, LineKind
from orders.wanted import NewItem, Wanted

FIELDS = ("email", "phone", "note", "shipping_method", "requested_delivery_on", "priority", "is_gift", "gift_message")


class TooLateToChange(Exception):
    """What was to be changed is with the warehouse or has left; the sentence says what."""


def refuse_free_units(order: Order, lines: Iterable[OrderLine], units: Mapping[int, int]) -> None:
    """Raises TooLateToChange: more of what a renewal was paid for in advance would be sent for nothing."""
    for line in lines if order.is_renewal else ():
        if not line.unit_price and units.get(line.pk, 0) > line.ordered - line.cancelled:
            words = _("%(name)s was paid in advance and costs nothing here. Add more of it as a new item")
            raise TooLateToChange(words % {"name": line.name})


def carry_out(
    order: Order, wanted: Wanted, *, by: User | str, now: datetime, money: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Change a locked order; gives back how to undo it. `money` restores lines exactly as they were."""
    lines = {line.pk: line for line in OrderLine.objects.filter(order=order)}
    before = _before(order, lines, wanted)
    tax_before = tax_of(lines.values())
    try:
        _change_units(order, lines, wanted, now=now)
    except TooLateToCancel as late:
        raise TooLateToChange(str(late)) from late
    added = _add_items(order, lines, wanted)
    _restore_money(lines, money or {})
    before["wanted"]["units"] |= {str(line.pk): 0 for line in added if line.bundle_id is None}
    _change_fields(order, wanted)
    total_up(order, tax_before=tax_before, lines=[*lines.values(), *added])
    _change_address(order, wanted, by=by, now=now)
    _promise_again(order, wanted, by=by, now=now)
    _settle(order, by=by, now=now)
    return before


def _before(order: Order, lines: Mapping[int, OrderLine], wanted: Wanted) -> dict[str, Any]:
    address = order.addresses.filter(kind=AddressKind.SHIPPING).first()
    old = Wanted(
        units={pk: lines[pk].ordered - lines[pk].cancelled for pk in wanted.units},
        address=address.as_postal() if wanted.address is not None and address else None,
        fields={name: getattr(order, name) for name in wanted.fields if name in FIELDS},
    )
    money = {
        str(pk): {"discount": str(lines[pk].discount), "tax": str(lines[pk].tax), "total": str(lines[pk].total)}
        | {"tax_lines": lines[pk].tax_lines}
        for pk in wanted.units
    }
    return {"wanted": old.as_json(), "money": money}


def _change_units(order: Order, lines: dict[int, OrderLine], wanted: Wanted, *, now: datetime) -> None:
    differences = {pk: units - (lines[pk].ordered - lines[pk].cancelled) for pk, units in wanted.units.items()}
    fewer = {pk: -units for pk, units in differences.items() if units < 0}
    if fewer:
        take_off(order, lines, fewer, now=now)
    more = {pk: units for pk, units in differences.items() if units > 0}
    for pk, units in stocked_units(lines, more).items():
        _raise(lines[pk], units)
    for pk, units in more.items():
        line = lines[pk]
        before = line.ordered - line.cancelled - (units if line.is_stocked else 0)
        if not line.is_stocked:
            _raise(line, units)
        reprice_line(line, before=before, order=order) if before else _price_again(order, line)
        line.save(update_fields=[*MONEY, "ordered", "cancelled", "backordered"])


def _raise(line: OrderLine, units: int) -> None:
    """More live units: cancelled ones come back first."""
    back = min(line.cancelled, units)
    line.cancelled -= back
    line.ordered += units - back
    line.backordered += units if line.is_stocked else 0
    line.save(update_fields=["ordered", "cancelled", "backordered"])


def _price_again(order: Order, line: OrderLine) -> None:
    units = line.ordered - line.cancelled
    new = NewItem(sku_id=line.sku_id or 0, units=units, unit_price=line.unit_price, tax_rate=line.tax_rate)
    money = price_new(order, new)
    line.discount, line.total, line.tax = money.discount, money.total, money.tax


def _restore_money(lines: Mapping[int, OrderLine], money: Mapping[str, Any]) -> None:
    for pk, facts in money.items():
        line = lines[int(pk)]
        line.discount, line.tax = Decimal(facts["discount"]), Decimal(facts["tax"])
        line.total, line.tax_lines = Decimal(facts["total"]), facts["tax_lines"]
        line.save(update_fields=MONEY)


def _add_items(order: Order, lines: Mapping[int, OrderLine], wanted: Wanted) -> list[OrderLine]:
    if not wanted.add:
        return []
    skus = Sku.objects.in_bulk([new.sku_id for new in wanted.add])
    drafts = [_draft_line(order, new, skus[new.sku_id]) for new in wanted.add]
    rows = explode(drafts, components_of(sku.pk for sku in skus.values() if sku.is_bundle))
    last = max((line.position for line in lines.values()), default=0)
    for row in rows:
        row.order, row.position = order, row.position + last
    OrderLine.objects.bulk_create([row for row in rows if row.kind != LineKind.COMPONENT])
    parts = [row for row in rows if row.kind == LineKind.COMPONENT]
    for row in parts:
        row.bundle = row.bundle
    OrderLine.objects.bulk_create(parts)
    return rows


def _draft_line(order: Order, new: NewItem, sku: Sku) -> DraftLine:
    money = price_new(order, new)
    return DraftLine(
        name=sku.name,
        quantity=new.units,
        unit_price=new.unit_price,
        total=money.total,
        tax_rate=new.tax_rate,
        tax=money.tax,
        sku_id=sku.pk,
        external_code=sku.code,
    )


def price_new(order: Order, new: NewItem) -> LineMoney:
    return price_line(
        new.units,
        new.unit_price,
        rate=new.tax_rate,
        includes_tax=order.prices_include_tax,
        currency=order.currency,
    )


def _change_fields(order: Order, wanted: Wanted) -> None:
    chosen = {name: value for name, value in wanted.fields.items() if name in FIELDS}
    for name, value in chosen.items():
        setattr(order, name, value)
    if chosen:
        order.save(update_fields=list(chosen))


def _change_address(order: Order, wanted: Wanted, *, by: User | str, now: datetime) -> None:
    """Writes over the order's address and lifts an address hold that this mends."""
    if wanted.address is None:
        return
    set_address_facts(order, wanted)
    order.save(update_fields=["recipient", "ship_city", "ship_postcode", "ship_country"])
    OrderAddress.objects.update_or_create(order=order, kind=AddressKind.SHIPPING, defaults=dict(wanted.address))
    is_served = bool(load_network(now=now, countries=[order.ship_country]).serving(destination(order)))
    mended = {HoldCode.ADDRESS: not address_problems(DraftAddress(**wanted.address)), HoldCode.UNDELIVERABLE: is_served}
    for held in Hold.objects.filter(order=order, code__in=[code for code, is_good in mended.items() if is_good]).open():
        release(held, order, by=by, now=now)


def set_address_facts(order: Order, wanted: Wanted) -> None:
    to = wanted.address
    if to is not None:
        order.recipient = to.get("name") or to.get("company") or ""
        order.ship_city, order.ship_postcode = to.get("city", ""), to.get("postcode", "")
        order.ship_country = to.get("country", "")


def _promise_again(order: Order, wanted: Wanted, *, by: User | str, now: datetime) -> None:
    """Stock for what was added; from the right warehouse when the destination changed."""
    network = load_network(now=now, countries=[order.ship_country])
    serving = {zone.warehouse_id for zone in network.serving(destination(order))}
    if wanted.address is not None and _elsewhere(order.lines.all(), serving):
        free_promised(order, now=now)
    allocate(order, by=by, now=now)
    refresh_status(order, now=now)
    renew_promises([order], network, by=by, now=now)


def _settle(order: Order, *, by: User | str, now: datetime) -> None:
    """What was billed and is not wanted any more is credited; what is covered now is not held for money."""
    credit_what_is_not_sent(order, by=by, now=now)
    release_when_paid(order, by=by, now=now)
    finish_unshipped(order, by=by, now=now)


def _elsewhere(lines: Iterable[OrderLine], serving: set[int]) -> bool:
    return any(a.warehouse_id not in serving for line in lines for a in line.allocations.all())
