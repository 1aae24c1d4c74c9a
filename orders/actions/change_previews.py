"""What a change would do to an order, before it is made: sentences, money, units, promise."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inventory.models import Sku
from ordermgmt.money import ZERO, round_money
from orders.actions.cancellation import stocked_units
from orders.actions.making_changes import price_new, set_address_facts
from orders.actions.promises import destination
from orders.actions.repricing import reprice_line
from orders.known import components_of
from orders.models import Order, OrderAddress, OrderLine
from orders.network import free_units, load_network
from orders.sourcing import Need, decide
from orders.wanted import Wanted


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
        money = price_new(order, new)
        total += money.total + (ZERO if order.prices_include_tax else money.tax)
    return total


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
    set_address_facts(changed, wanted)
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
