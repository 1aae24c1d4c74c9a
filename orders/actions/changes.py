"""Editing an order after it was accepted: a change set, previewed, applied whole, undoable."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.models import Sku
from ordermgmt.history import record
from ordermgmt.models import Activity, User
from ordermgmt.money import ZERO, round_money
from ordermgmt.retrying import retries_conflicts
from orders.actions.allocation import allocate, free_promised
from orders.actions.cancellation import TooLateToCancel, stocked_units, take_off
from orders.actions.finishing import finish_unshipped
from orders.actions.holds import release
from orders.actions.progress import lock_order, refresh_status
from orders.actions.promises import destination, renew_promises
from orders.actions.repricing import MONEY, reprice_line, tax_of, total_up
from orders.checks import address_problems
from orders.drafts import DraftAddress, DraftLine
from orders.emails import changed_message
from orders.exploding import explode
from orders.known import components_of
from orders.models import AddressKind, Hold, Order, OrderAddress, OrderChange, OrderLine
from orders.network import free_units, load_network
from orders.pricing import LineMoney, price_line
from orders.sourcing import Need, decide
from orders.states import ChangeState, HoldCode, LineKind, OrderStatus

FIELDS = ("email", "phone", "note", "shipping_method", "requested_delivery_on", "priority", "is_gift", "gift_message")


class ChangeConflict(Exception):
    """Somebody changed the order meanwhile; `latest` says who, when and what."""

    def __init__(self, order: Order, latest: Activity | None) -> None:
        super().__init__(_("%(order)s was changed meanwhile. Look at it again") % {"order": order})
        self.latest = latest


class TooLateToChange(Exception):
    """What was to be changed is with the warehouse or has left; the sentence says what."""


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """Units of a SKU to add at a price (of one unit, as the order's prices are)."""

    sku_id: int
    units: int
    unit_price: Decimal
    tax_rate: Decimal = ZERO


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an order should be: live units by line id, new items, the address, plain fields."""

    units: Mapping[int, int] = field(default_factory=dict)
    add: tuple[NewItem, ...] = ()
    address: Mapping[str, str] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "units": {str(pk): count for pk, count in self.units.items()},
            "add": [{k: str(v) if isinstance(v, Decimal) else v for k, v in asdict(new).items()} for new in self.add],
            "address": dict(self.address) if self.address else None,
            "fields": {k: v.isoformat() if isinstance(v, date) else v for k, v in self.fields.items()},
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> "Wanted":
        new = [
            {**item, "unit_price": Decimal(item["unit_price"]), "tax_rate": Decimal(item["tax_rate"])}
            for item in data["add"]
        ]
        fields = dict(data["fields"])
        if fields.get("requested_delivery_on"):
            fields["requested_delivery_on"] = date.fromisoformat(fields["requested_delivery_on"])
        units = {int(pk): count for pk, count in data["units"].items()}
        return cls(units=units, add=tuple(NewItem(**item) for item in new), address=data["address"], fields=fields)


@transaction.atomic(durable=True)
def propose_change(order_id: int, wanted: Wanted, *, by: User | str, now: datetime) -> OrderChange:
    """Write down a change with its preview: money, stock and promise before and after. Nothing else changes.

    Raises TooLateToChange.
    """
    order = lock_order(order_id)
    _refuse_when_late(order, wanted)
    return OrderChange.objects.create(
        order=order,
        wanted=wanted.as_json(),
        preview=preview(order, wanted, now=now),
        order_version=order.version,
        by=str(by),
        created_at=now,
    )


def preview(order: Order, wanted: Wanted, *, now: datetime) -> dict[str, Any]:
    """What a change would do, as data: sentences, money, units, promise."""
    lines = {line.pk: line for line in order.lines.all()}
    money = [round_money(amount, order.currency) for amount in (order.total, _money_after(order, lines, wanted))]
    return {
        "sentences": _sentences(order, lines, wanted),
        "money": {"before": str(money[0]), "after": str(money[1]), "difference": str(money[1] - money[0])},
        "stock": _stock_difference(lines, wanted),
        "promise": _promise_difference(order, lines, wanted, now),
    }


def _money_after(order: Order, lines: Mapping[int, OrderLine], wanted: Wanted) -> Decimal:
    total: Decimal = order.total
    for pk, units in wanted.units.items():
        line, old = deepcopy(lines[pk]), lines[pk]
        before = old.ordered - old.cancelled
        line.cancelled = line.ordered - units if units <= line.ordered else 0
        line.ordered = max(line.ordered, units)
        reprice_line(line, before=before, order=order)
        total += line.total - old.total
        total += ZERO if order.prices_include_tax else line.tax - old.tax
    for new in wanted.add:
        money = _price(order, new)
        total += money.total + (ZERO if order.prices_include_tax else money.tax)
    return total


def _price(order: Order, new: NewItem) -> LineMoney:
    return price_line(
        new.units,
        new.unit_price,
        rate=new.tax_rate,
        includes_tax=order.prices_include_tax,
        currency=order.currency,
    )


def _sentences(order: Order, lines: Mapping[int, OrderLine], wanted: Wanted) -> list[str]:
    found = []
    for pk, units in wanted.units.items():
        facts = {"name": lines[pk].name, "before": lines[pk].ordered - lines[pk].cancelled, "after": units}
        if facts["before"] != units:
            found.append(_("%(name)s: %(after)s instead of %(before)s") % facts)
    names = Sku.objects.in_bulk([new.sku_id for new in wanted.add])
    found += [_("%(units)s × %(name)s added") % {"units": n.units, "name": names[n.sku_id].name} for n in wanted.add]
    if wanted.address is not None:
        found.append(_("Delivered to %(address)s") % {"address": OrderAddress(**wanted.address).one_line})
    for name, value in wanted.fields.items():
        if getattr(order, name) != value:
            label = Order._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            found.append(_("%(what)s: %(value)s") % {"what": str(label).capitalize(), "value": value or "–"})
    return found


def _stock_difference(lines: Mapping[int, OrderLine], wanted: Wanted) -> list[dict[str, Any]]:
    differences = _units_by_sku(lines, wanted)
    free: dict[int, int] = {}
    for (_w, sku), units in free_units(differences).items():
        free[sku] = free.get(sku, 0) + units
    codes = dict(Sku.objects.filter(pk__in=list(differences)).values_list("pk", "code"))
    return [
        {"sku": codes[sku], "difference": units, "available": free.get(sku, 0)}
        for sku, units in differences.items()
        if units
    ]


def _units_by_sku(lines: Mapping[int, OrderLine], wanted: Wanted) -> dict[int, int]:
    by_sku: dict[int, int] = {}
    changes = {pk: units - (lines[pk].ordered - lines[pk].cancelled) for pk, units in wanted.units.items()}
    for pk, units in stocked_units(lines, changes).items():
        sku = lines[pk].sku_id
        if sku:
            by_sku[sku] = by_sku.get(sku, 0) + units
    parts = components_of(new.sku_id for new in wanted.add)
    for new in wanted.add:
        for sku, each in [(p.component_id, p.quantity) for p in parts.get(new.sku_id, ())] or [(new.sku_id, 1)]:
            by_sku[sku] = by_sku.get(sku, 0) + each * new.units
    return by_sku


def _promise_difference(
    order: Order, lines: Mapping[int, OrderLine], wanted: Wanted, now: datetime
) -> dict[str, str | None]:
    """The promised day as it would be if the change were made now."""
    changed = deepcopy(order)
    _set_address_facts(changed, wanted)
    changed.requested_delivery_on = wanted.fields.get("requested_delivery_on", order.requested_delivery_on)
    network = load_network(now=now, countries=[changed.ship_country])
    to = destination(changed)
    differences = _units_by_sku(lines, wanted)
    needs = [Need(sku, sku, units) for sku, units in differences.items() if units > 0]
    sourcing = decide(needs, network.sources(to), free_units(need.sku_id for need in needs))
    places = {allocation.warehouse_id for line in lines.values() for allocation in line.allocations.all()}
    is_short = bool(sourcing.short) or any(line.backordered for line in lines.values())
    made = network.promise(to, places | set(sourcing.warehouse_ids), is_short=is_short)
    old = order.promised_delivery_on
    return {"before": old.isoformat() if old else None, "after": made.delivery_on.isoformat() if made else None}


def _refuse_when_late(order: Order, wanted: Wanted) -> None:
    """Raises TooLateToChange: closed orders, an address that is on a box already, units that cannot be."""
    if order.current_status != OrderStatus.ACCEPTED:
        raise TooLateToChange(_("%(order)s is %(state)s.") % {"order": order, "state": order.get_status_display()})
    lines = list(order.lines.all())
    if wanted.address is not None and any(line.packed or line.shipped for line in lines):
        raise TooLateToChange(_("The address is on a packed box or a parcel that has left"))
    sold = [line for line in lines if line.bundle_id is None]
    moved = [line for line in sold if line.pk in wanted.units]
    if len(moved) != len(wanted.units):
        raise TooLateToChange(_("A line to be changed is not part of %(order)s") % {"order": order})
    if any(units < 0 for units in wanted.units.values()):
        raise TooLateToChange(_("Units cannot be below zero"))
    if (
        wanted.units
        and not wanted.add
        and not any(wanted.units.get(line.pk, line.ordered - line.cancelled) for line in sold)
    ):
        raise TooLateToChange(_("Nothing would be left of %(order)s. Cancel it instead") % {"order": order})


@retries_conflicts
@transaction.atomic(durable=True)
def apply_change(change_id: int, *, by: User | str, now: datetime, tell_customer: bool = False) -> Order:
    """Make a proposed change, all of it or nothing. Raises ChangeConflict, TooLateToChange."""
    order = lock_order(OrderChange.objects.values_list("order_id", flat=True).get(pk=change_id))
    change = OrderChange.objects.get(pk=change_id)
    if change.state != ChangeState.PROPOSED or change.order_version != order.version:
        raise ChangeConflict(order, Activity.objects.of(order.number).first())
    wanted = Wanted.of_json(change.wanted)
    _refuse_when_late(order, wanted)
    change.before = _carry_out(order, wanted, by=by, now=now)
    change.state, change.applied_at = ChangeState.APPLIED, now
    change.save(update_fields=["state", "applied_at", "before"])
    sentences = change.preview.get("sentences", [])
    what = "; ".join(sentences)[:250]
    record("order.changed", gettext_noop("Changed: {what}"), subject=order.number, by=by, now=now, what=what)
    if tell_customer:
        changed_message(order, change=change.pk, sentences=sentences, now=now)
    return order


def change(order: Order, wanted: Wanted, *, by: User | str, now: datetime) -> OrderChange:
    """Inside the caller's transaction: change a locked order at once; can be undone. Raises TooLateToChange."""
    _refuse_when_late(order, wanted)
    made = OrderChange(order=order, wanted=wanted.as_json(), order_version=order.version, by=str(by), created_at=now)
    made.preview = preview(order, wanted, now=now)
    made.before = _carry_out(order, wanted, by=by, now=now)
    made.state, made.applied_at = ChangeState.APPLIED, now
    made.save(force_insert=True)
    what = "; ".join(made.preview["sentences"])[:250]
    record("order.changed", gettext_noop("Changed: {what}"), subject=order.number, by=by, now=now, what=what)
    return made


@retries_conflicts
@transaction.atomic(durable=True)
def undo_change(change_id: int, *, by: User | str, now: datetime) -> Order:
    """Put back what a change did, while nothing physical has happened. Raises TooLateToChange, ChangeConflict."""
    order = lock_order(OrderChange.objects.values_list("order_id", flat=True).get(pk=change_id))
    change = OrderChange.objects.get(pk=change_id)
    later = OrderChange.objects.filter(order=order, state=ChangeState.APPLIED, applied_at__gt=change.applied_at or now)
    if change.state != ChangeState.APPLIED or later.exists():
        raise ChangeConflict(order, Activity.objects.of(order.number).first())
    if any(line.allocated or line.picked or line.packed or line.shipped for line in order.lines.all()):
        raise TooLateToChange(_("%(order)s is with the warehouse: make a new change instead") % {"order": order})
    _carry_out(order, Wanted.of_json(change.before["wanted"]), by=by, now=now, money=change.before["money"])
    change.state, change.undone_at = ChangeState.UNDONE, now
    change.save(update_fields=["state", "undone_at"])
    record("order.change_undone", gettext_noop("The last change was undone"), subject=order.number, by=by, now=now)
    return order


def _carry_out(
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
    money = _price(order, new)
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
    money = _price(order, new)
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


def _change_fields(order: Order, wanted: Wanted) -> None:
    chosen = {name: value for name, value in wanted.fields.items() if name in FIELDS}
    for name, value in chosen.items():
        setattr(order, name, value)
    if chosen:
        order.save(update_fields=list(chosen))


def _set_address_facts(order: Order, wanted: Wanted) -> None:
    to = wanted.address
    if to is not None:
        order.recipient = to.get("name") or to.get("company") or ""
        order.ship_city, order.ship_postcode = to.get("city", ""), to.get("postcode", "")
        order.ship_country = to.get("country", "")


def _change_address(order: Order, wanted: Wanted, *, by: User | str, now: datetime) -> None:
    """Writes over the order's address and lifts an address hold that this mends."""
    if wanted.address is None:
        return
    _set_address_facts(order, wanted)
    order.save(update_fields=["recipient", "ship_city", "ship_postcode", "ship_country"])
    OrderAddress.objects.update_or_create(order=order, kind=AddressKind.SHIPPING, defaults=dict(wanted.address))
    is_served = bool(load_network(now=now, countries=[order.ship_country]).serving(destination(order)))
    mended = {HoldCode.ADDRESS: not address_problems(DraftAddress(**wanted.address)), HoldCode.UNDELIVERABLE: is_served}
    for held in Hold.objects.filter(order=order, code__in=[code for code, is_good in mended.items() if is_good]).open():
        release(held, order, by=by, now=now)


def _promise_again(order: Order, wanted: Wanted, *, by: User | str, now: datetime) -> None:
    """Stock for what was added; from the right warehouse when the destination changed."""
    network = load_network(now=now, countries=[order.ship_country])
    serving = {zone.warehouse_id for zone in network.serving(destination(order))}
    if wanted.address is not None and _elsewhere(order.lines.all(), serving):
        free_promised(order, now=now)
    allocate(order, by=by, now=now)
    refresh_status(order, now=now)
    renew_promises([order], network, by=by, now=now)
    finish_unshipped(order, by=by, now=now)


def _elsewhere(lines: Iterable[OrderLine], serving: set[int]) -> bool:
    return any(a.warehouse_id not in serving for line in lines for a in line.allocations.all())
