"""Goods that arrived damaged, wrong or not at all are sent again: a new order over nothing, tied to the first one.

It goes the way of every order, through stock, floor and carrier. Its lines keep their price and are discounted whole, so
that figures know what it cost; its invoice is over nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inventory.models import SkuPrice
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.money import ZERO, round_money
from ordermgmt.retrying import retries_conflicts
from orders.actions.placing import place
from orders.actions.progress import lock_order
from orders.drafts import DraftAddress, DraftLine, OrderDraft
from orders.models import AddressKind, Order, OrderInWork, OrderLine
from orders.states import LineKind, OrderStatus, ReplaceReason


class ReplaceRefused(Exception):
    """It cannot be sent again so; the sentence says why."""


@retries_conflicts
@transaction.atomic(durable=True)
def replace_goods(
    order_id: int,
    units: Mapping[int, int],
    *,
    reason: str,
    key: str,
    by: User | str,
    now: datetime,
    note: str = "",
    tell_customer: bool = True,
) -> Order:
    """Send units (by line id, as sold) of an order again for nothing, once per key. Raises ReplaceRefused, DraftRefused."""
    # Closes the race of a double click, and of two people who send the same units again.
    order = lock_order(order_id)
    work, _new = OrderInWork.objects.get_or_create(
        token=f"replace:{key}"[:64], defaults={"by": str(by), "started_at": now}
    )
    if work.order is not None:
        return work.order
    lines = _chosen(order, units)
    if reason not in ReplaceReason.values:
        raise ReplaceRefused(_("Choose why it is sent again."))
    draft = _draft(order, lines, reason=reason, note=note, tells=tell_customer, now=now)
    made = place(draft, by=by, now=now)
    work.order, work.number, work.placed_at = made, made.number, now
    work.save(update_fields=["order", "number", "placed_at"])
    facts = {"made": made.number, "units": sum(lines.values()), "reason": str(ReplaceReason(reason).label)}
    record("order.replaced", gettext_noop("{units} units sent again as {made}: {reason}"), subject=order.number, by=by,
           now=now, **facts)  # fmt: skip
    return made


def _chosen(order: Order, units: Mapping[int, int]) -> dict[OrderLine, int]:
    wanted = {pk: count for pk, count in units.items() if count}
    left = replaceable(order)
    lines = {line.pk: line for line in left}
    if not wanted:
        raise ReplaceRefused(_("Choose what is sent again: at least one unit."))
    for pk, count in wanted.items():
        if pk not in lines:
            raise ReplaceRefused(_("A line is not part of %(order)s, or nothing of it has left.") % {"order": order})
        if not 0 < count <= left[lines[pk]]:
            facts = {"name": lines[pk].name, "units": left[lines[pk]]}
            raise ReplaceRefused(_("%(name)s: only %(units)s can be sent again.") % facts)
    return {lines[pk]: count for pk, count in wanted.items()}


def replaceable(order: Order) -> dict[OrderLine, int]:
    """How many units of each line, as sold, have left and were not sent again yet."""
    lines = list(order.lines.select_related("sku").order_by("position"))
    again = _sent_again(order)
    found: dict[OrderLine, int] = {}
    for line in lines:
        gone = _left(line, lines)
        used = min(again[line.sku_id], gone)
        again[line.sku_id] -= used
        if gone and line.sku_id:
            found[line] = gone - used
    return found


def _left(line: OrderLine, lines: Iterable[OrderLine]) -> int:
    """Units that left; a bundle has left when one of its parts has."""
    if line.kind == LineKind.ITEM:
        return line.shipped
    if line.kind != LineKind.BUNDLE:
        return 0
    own = [part for part in lines if part.bundle_id == line.pk and part.ordered]
    return max((-(-part.shipped * line.ordered // part.ordered) for part in own), default=0)


def _sent_again(order: Order) -> dict[int | None, int]:
    """By item: units that orders which replace this one hold."""
    rows = OrderLine.objects.filter(order__replaces=order).exclude(kind=LineKind.COMPONENT)
    found: dict[int | None, int] = defaultdict(int)
    for line in rows.exclude(order__status=OrderStatus.CANCELLED):
        found[line.sku_id] += line.ordered - line.cancelled
    return found


def _draft(
    order: Order, lines: Mapping[OrderLine, int], *, reason: str, note: str, tells: bool, now: datetime
) -> OrderDraft:
    addresses = {row.kind: DraftAddress(**row.as_postal()) for row in order.addresses.all()}
    return OrderDraft(
        channel_id=order.channel_id,
        currency=order.currency,
        lines=_free(order, lines),
        placed_at=now,
        prices_include_tax=order.prices_include_tax,
        tax_treatment=order.tax_treatment,
        customer_id=order.customer_id,
        email=order.email,
        phone=order.phone,
        shipping=addresses.get(AddressKind.SHIPPING),
        billing=addresses.get(AddressKind.BILLING),
        language=order.language,
        shipping_method=order.shipping_method,
        is_gift=order.is_gift,
        gift_message=order.gift_message,
        is_test=order.is_test,
        tells_customer=tells,
        note=note.strip(),
        replaces_id=order.pk,
        replaced_because=reason,
    )


def _free(order: Order, lines: Mapping[OrderLine, int]) -> tuple[DraftLine, ...]:
    """At the price they had, else at the list's (what was paid in advance has none), all of it discounted."""
    listed = SkuPrice.objects.filter(sku__in=[line.sku_id for line in lines], currency=order.currency)
    prices = dict(listed.values_list("sku", "amount"))
    return tuple(
        _free_line(order, line, count, line.unit_price or prices.get(line.sku_id or 0, ZERO))
        for line, count in lines.items()
    )


def _free_line(order: Order, line: OrderLine, count: int, price: Decimal) -> DraftLine:
    return DraftLine(
        name=line.name,
        quantity=count,
        unit_price=price,
        discount=round_money(price * count, order.currency),
        tax_rate=line.tax_rate,
        sku_id=line.sku_id,
        external_code=line.external_code,
    )
