"""Making an order what a later version at the shop says: steps of accepting a change."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.models import User
from ordermgmt.money import ZERO
from orders.actions.cancellation import cancel
from orders.actions.changes import change
from orders.actions.drafting import FOUR, Items, codes_of, payments_of, rate_of
from orders.actions.making_changes import TooLateToChange
from orders.actions.paying import note_payment, release_when_paid
from orders.actions.progress import refresh_status
from orders.actions.settling import settle_invoices
from orders.intake.document import ParsedLine, ParsedOrder
from orders.models import AddressKind, Channel, Order, OrderAddress, OrderLine, Payment
from orders.states import LineKind
from orders.wanted import NewItem, Wanted


class CannotApply(Exception):
    """The change is beyond what can be done without a person; the sentence says what to do by hand."""


def apply_to(
    order: Order,
    new: ParsedOrder,
    changes: Sequence[dict[str, str]],
    *,
    channel: Channel,
    by: User | str,
    now: datetime,
) -> None:
    """Inside the caller's transaction: apply the named changes to a locked order.

    Raises CannotApply, TooLateToCancel.
    """
    kinds = {entry["kind"] for entry in changes}
    if "cancel" in kinds and new.cancelled_at:
        add_payments(order, new, channel, by=by, now=now)
        cancel(order, by=by, reason=new.cancel_reason or _("Cancelled at the shop"), now=now, tell_customer=False)
        return
    _refuse_prices(kinds)
    if "sent" in kinds and new.channel_fulfilment_status:
        raise CannotApply(_("The shop says it has sent this order. Cancel ours if that is so, else keep it."))
    wanted = wanted_of(order, new, kinds, Items(channel, new.lines))
    try:
        change(order, wanted, by=by, now=now)
    except TooLateToChange as late:
        raise CannotApply(str(late)) from late
    _rest(order, new)
    take_money(order, new, channel, by=by, now=now)


def _refuse_prices(kinds: set[str]) -> None:
    """Prices of an accepted order are changed by people only."""
    if "price" in kinds:
        raise CannotApply(_("Prices, discounts or codes changed. Change the order, then choose “Done by hand”."))
    if "total" in kinds and "line" not in kinds:
        raise CannotApply(_("The total changed, but no item did. Look at it, then choose “Done by hand”."))


def wanted_of(order: Order, new: ParsedOrder, kinds: set[str], items: Items) -> Wanted:
    """The change as the order's own change set. Raises CannotApply for an item nobody knows."""
    units, add = _items(order, new, items) if "line" in kinds else ({}, ())
    address = new.shipping_address if "address" in kinds else None
    if address is not None and OrderAddress(**address.as_postal()).as_postal() == _current(order):
        address = None
    fields: dict[str, Any] = {}
    if kinds & {"customer", "words"}:
        fields = {
            "email": new.customer.email,
            "phone": new.customer.phone,
            "note": new.note,
            "shipping_method": new.shipping_method[:80],
            "requested_delivery_on": new.requested_delivery_on,
            "is_gift": new.is_gift,
            "gift_message": new.gift_message,
        }
    return Wanted(units=units, add=add, address=address.as_postal() if address else None, fields=fields)


def _current(order: Order) -> dict[str, str]:
    kept = order.addresses.filter(kind=AddressKind.SHIPPING).first()
    return kept.as_postal() if kept else {}


def _items(order: Order, new: ParsedOrder, items: Items) -> tuple[dict[int, int], tuple[NewItem, ...]]:
    """Live units by line, and what was added. Lines the shop no longer names have none."""
    left = list(OrderLine.objects.filter(order=order).exclude(kind=LineKind.COMPONENT).order_by("position"))
    units: dict[int, int] = {}
    added = []
    for parsed in new.lines:
        live = (parsed.quantity - parsed.removed_quantity) * items.find(parsed)[1]
        line = _line_of(parsed, left)
        if line is not None:
            left.remove(line)
            units[line.pk] = live
        elif live:
            added.append(_new_item(parsed, items, live))
    return units | {line.pk: 0 for line in left}, tuple(added)


def _line_of(parsed: ParsedLine, lines: Sequence[OrderLine]) -> OrderLine | None:
    """The line of the order that a line of the document became."""
    if parsed.external_id:
        return next((line for line in lines if line.external_id == parsed.external_id), None)
    code = codes_of(parsed)[0]
    return next((line for line in lines if line.external_code == code), None)


def _new_item(parsed: ParsedLine, items: Items, live: int) -> NewItem:
    sku, units = items.find(parsed)
    if sku is None:
        facts = {"item": parsed.name, "code": codes_of(parsed)[0]}
        raise CannotApply(_("“%(item)s” (%(code)s) is new, and nobody knows it. Map it first.") % facts)
    price = ((parsed.amount - parsed.discount) / parsed.quantity / units).quantize(FOUR, rounding=ROUND_HALF_UP)
    return NewItem(sku_id=sku.pk, units=live, unit_price=price, tax_rate=rate_of(parsed.taxes))


def take_money(order: Order, new: ParsedOrder, channel: Channel, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: what the shop was paid; a locked order that is covered goes on."""
    add_payments(order, new, channel, by=by, now=now)
    refresh_status(order, now=now)
    release_when_paid(order, by=by, now=now)


def _rest(order: Order, new: ParsedOrder) -> None:
    """What a change set does not carry: tags and billing address."""
    order.tags = list(new.tags)
    order.save(update_fields=["tags"])
    if new.billing_address is not None:
        parts = new.billing_address.as_postal()
        OrderAddress.objects.update_or_create(order=order, kind=AddressKind.BILLING, defaults=parts)


def add_payments(order: Order, new: ParsedOrder, channel: Channel, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: money the shop knows of and we do not, each sum once by its key.

    A shop states sums in all; what is written is what they exceed ours by.
    """
    ours = list(order.payments.all())
    for payment in payments_of(new, channel):
        known = sum((own.amount for own in ours if own.kind == payment.kind), ZERO)
        if payment.amount > known and payment.effect_key not in {own.effect_key for own in ours}:
            made = Payment.objects.create(
                order=order,
                kind=payment.kind,
                state=payment.state,
                amount=payment.amount - known,
                currency=order.currency,
                provider=payment.provider,
                effect_key=payment.effect_key,
                at=payment.at or order.placed_at,
            )
            note_payment(order, made, by=by, now=now)
    settle_invoices(order)
