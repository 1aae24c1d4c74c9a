"""What a later version of an order changes, in a person's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.intake.document import ParsedAddress, ParsedLine, ParsedOrder


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` says what it touches: cancel, line, price, address, customer, total, money, sent or words."""

    kind: str
    what: str
    before: str
    after: str

    def as_dict(self) -> dict[str, str]:
        return {"kind": self.kind, "what": self.what, "before": self.before, "after": self.after}


def difference(old: ParsedOrder, new: ParsedOrder) -> list[Change]:
    """Everything that concerns us and differs; empty when only the shop's own marks changed."""
    found = [*_cancelled(old, new), *_lines(old, new), *_addresses(old, new)]
    return [*found, *_people(old, new), *_money(old, new), *_words(old, new)]


def _pair(kind: str, what: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        yield Change(kind, what, _shown(before), _shown(after))


def _shown(value: Any) -> str:
    if value is None or value == "" or value == ():
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _cancelled(old: ParsedOrder, new: ParsedOrder) -> Iterator[Change]:
    yield from _pair("cancel", _("Cancelled at the shop"), old.cancelled_at, new.cancelled_at)


def line_keys(order: ParsedOrder) -> dict[tuple[str, ...], ParsedLine]:
    """Lines by what stays the same over versions: their id, else item and occurrence."""
    keyed: dict[tuple[str, ...], ParsedLine] = {}
    for line in order.lines:
        name = (line.external_id,) if line.external_id else (line.sku or line.variant_id, line.name)
        turn = 0
        while (*name, str(turn)) in keyed:
            turn += 1
        keyed[(*name, str(turn))] = line
    return keyed


def _lines(old: ParsedOrder, new: ParsedOrder) -> Iterator[Change]:
    before, after = line_keys(old), line_keys(new)
    for key, line in before.items():
        if key not in after:
            yield Change("line", line.name, _units(line), _("taken out"))
    for key, line in after.items():
        known = before.get(key)
        if known is None:
            yield Change("line", line.name, _("not there"), _units(line))
            continue
        yield from _pair("line", line.name, _units(known), _units(line))
        yield from _pair("price", _("%(item)s, price") % {"item": line.name}, known.unit_price, line.unit_price)
        yield from _pair("price", _("%(item)s, discount") % {"item": line.name}, known.discount, line.discount)
        yield from _pair("price", _("%(item)s, code") % {"item": line.name}, known.sku, line.sku)


def _units(line: ParsedLine) -> str:
    left = line.quantity - line.removed_quantity
    if not line.removed_quantity:
        return ngettext("%(count)d unit", "%(count)d units", left) % {"count": left}
    words = ngettext("%(left)d of %(count)d unit", "%(left)d of %(count)d units", line.quantity)
    return words % {"left": left, "count": line.quantity}


def _addresses(old: ParsedOrder, new: ParsedOrder) -> Iterator[Change]:
    before, after = old.shipping_address, new.shipping_address
    yield from _pair("address", _("Delivery address"), postal(before), postal(after))
    before, after = old.billing_address, new.billing_address
    yield from _pair("address", _("Billing address"), postal(before), postal(after))


def postal(address: ParsedAddress | None) -> str:
    if address is None:
        return ""
    parts = (
        address.name,
        address.company,
        address.line1,
        address.line2,
        address.postcode,
        address.city,
        address.region,
        address.country,
        address.phone,
    )
    return ", ".join(part for part in parts if part)


def _people(old: ParsedOrder, new: ParsedOrder) -> Iterator[Change]:
    yield from _pair("customer", _("E-mail"), old.customer.email, new.customer.email)
    yield from _pair("customer", _("Phone"), old.customer.phone, new.customer.phone)


def _money(old: ParsedOrder, new: ParsedOrder) -> Iterator[Change]:
    yield from _pair("total", _("Total"), old.totals.total, new.totals.total)
    yield from _pair("total", _("Tax"), old.totals.tax, new.totals.tax)
    yield from _pair("total", _("Delivery charge"), old.charged("shipping"), new.charged("shipping"))
    yield from _pair("money", _("Refunded"), old.totals.refunded, new.totals.refunded)
    yield from _pair("money", _("Payment"), old.payment_status, new.payment_status)


def _words(old: ParsedOrder, new: ParsedOrder) -> Iterator[Change]:
    yield from _pair("words", _("Note"), old.note, new.note)
    yield from _pair("words", _("Tags"), old.tags, new.tags)
    yield from _pair("words", _("Gift message"), old.gift_message, new.gift_message)
    yield from _pair("words", _("Wished for"), old.requested_delivery_on, new.requested_delivery_on)
    yield from _pair("words", _("Delivery method"), old.shipping_method, new.shipping_method)
    old_status, new_status = old.channel_fulfilment_status, new.channel_fulfilment_status
    yield from _pair("sent", _("Sent, says the shop"), old_status, new_status)
