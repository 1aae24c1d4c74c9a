"""From what is typed into the form of a new order to a priced draft, and what is still wrong with it. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from stdnum import luhn

from customers.actions.customers import CustomerRefused, tidy_email
from customers.addressing import NotUsable, check_address, tidy_phone
from ordermgmt.clock import business_day
from ordermgmt.money import ZERO
from orders.came_by import WAYS
from orders.drafts import DraftAddress, DraftCharge, DraftLine, DraftPayment, Finding, OrderDraft
from orders.in_work import CARD, INVOICE, LINK, MOST_UNITS, NEW, NOW, Item, Work
from orders.offering import Offer
from orders.pricing import delivery_price, price_line
from orders.states import LineKind
from orders.tax import BUILT_IN, STANDARD, Buyer, Rates, Tax, delivery_rate, tax_for

PAID_WITHOUT_REFERENCE = frozenset({"cash"})
FARTHEST_DAYS = 365


class Problem(NamedTuple):
    """What must be mended before the order can be placed: the id of the field, and a sentence."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who orders: a known customer with saved addresses (the default one first), or somebody new (no id).

    `card` is the saved one in words, when it can be charged.
    """

    pk: int | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = "en-gb"
    vat_id: str = ""
    card: str = ""
    addresses: Sequence[Any] = ()


def caller_of(work: Work) -> Caller:
    """Somebody new, as typed."""
    return Caller(name=work.caller_name.strip(), email=work.caller_email.strip(), phone=work.caller_phone.strip())


def saved_address(work: Work, caller: Caller) -> Any | None:
    """The saved address that is meant; None when a new one is typed."""
    if work.address == NEW or not caller.addresses:
        return None
    chosen = (address for address in caller.addresses if str(address.pk) == work.address)
    return next(chosen, caller.addresses[0])


def shipping_of(work: Work, caller: Caller) -> DraftAddress | None:
    """Where it goes; None while nothing is typed."""
    saved = saved_address(work, caller)
    postal = saved.as_postal() if saved else check_address(work.postal)[0]
    if not any(value for name, value in postal.items() if name not in ("name", "phone")):
        return None
    address = {**postal, "name": postal["name"] or caller.name, "phone": postal["phone"] or caller.phone}
    return DraftAddress(**{name: str(value) for name, value in address.items()})


def compose(
    work: Work,
    caller: Caller,
    offered: Mapping[str, Offer],
    *,
    channel_id: int,
    currency: str,
    now: datetime,
    seller_country: str = "",
    rates: Rates = BUILT_IN,
) -> OrderDraft:
    """The draft of what is typed, at list prices; lines that cannot be priced yet are left out."""
    shipping = shipping_of(work, caller)
    buyer = _buyer(shipping, caller)
    tax_of = partial(tax_for, buyer, on=business_day(now), seller_country=seller_country, rates=rates)
    goods = tax_of(STANDARD)
    priced = [(item, offered[item.code]) for item in work.items if item.number and item.code in offered]
    lines = tuple(
        _line(item, offer, offer.price, tax_of(offer.tax_class), currency)
        for item, offer in priced
        if offer.price is not None
    )
    draft = OrderDraft(
        channel_id=channel_id,
        currency=currency,
        lines=lines,
        charges=_delivery(lines, goods, currency),
        tax_treatment=goods.treatment,
        placed_at=now,
        findings=_findings(work, lines, buyer.country, goods),
        customer_id=caller.pk,
        email=caller.email,
        phone=caller.phone,
        shipping=shipping,
        language=caller.language,
        shipping_method=work.method,
        on_invoice=work.pay == INVOICE,
        note=work.note.strip(),
        requested_delivery_on=work.wished_on,
    )
    return paid(draft, work)


def _buyer(shipping: DraftAddress | None, caller: Caller) -> Buyer:
    to = shipping or DraftAddress()
    return Buyer(to.country, to.region, caller.vat_id)


def _line(item: Item, offer: Offer, listed: Decimal, tax: Tax, currency: str) -> DraftLine:
    price, rate = tax.price(listed, currency), tax.rate
    money = price_line(item.number, price, rate=rate, includes_tax=True, currency=currency)
    return DraftLine(
        name=offer.name,
        quantity=item.number,
        unit_price=price,
        total=money.total,
        tax_rate=rate,
        tax=money.tax,
        sku_id=offer.pk,
        kind=LineKind.BUNDLE if offer.parts else LineKind.ITEM,
        external_code=offer.code,
    )


def _delivery(lines: Sequence[DraftLine], goods: Tax, currency: str) -> tuple[DraftCharge, ...]:
    price = goods.price(delivery_price(sum((line.total for line in lines), ZERO), currency), currency)
    if not lines or not price:
        return ()
    rate = delivery_rate(line.tax_rate for line in lines)
    money = price_line(1, price, rate=rate, includes_tax=True, currency=currency)
    return (DraftCharge(title=_("Delivery"), amount=money.total, tax_rate=rate, tax=money.tax),)


def paid(draft: OrderDraft, work: Work) -> OrderDraft:
    """With the payment that was taken on the phone, named by the form so that it counts once."""
    total = draft.totals.total
    if work.pay != NOW or work.way not in WAYS or not total:
        return draft
    payment = DraftPayment(
        amount=total, effect_key=f"form:{work.token}", provider=work.way, reference=work.reference.strip()[:120]
    )
    return replace(draft, payments=(payment,))


def _findings(work: Work, lines: Sequence[DraftLine], country: str, goods: Tax) -> tuple[Finding, ...]:
    found = []
    if lines and country and not goods.is_known:
        message = _("We have no tax rates for %(country)s: the order is without tax.") % {"country": country}
        found.append(Finding("tax", "warning", "shipping/country", message, country))
    if lines and goods.note:
        found.append(Finding("tax", "info", "shipping/country", goods.note, country))
    if work.pay == INVOICE:
        found.append(Finding("on_invoice", "info", "payments", _("To be paid by invoice within 14 days.")))
    return tuple(found)


def problems_of(
    work: Work, caller: Caller | None, offered: Mapping[str, Offer], *, currency: str, today: date
) -> list[Problem]:
    """Everything that must be mended first, from the top of the form to its end."""
    found = [*_about_caller(work, caller), *_about_items(work, offered, currency)]
    return [*found, *_about_delivery(work, caller or Caller(), today), *_about_money(work, caller or Caller())]


def _about_caller(work: Work, caller: Caller | None) -> Iterator[Problem]:
    if caller is None:
        yield Problem("q", _("Find the customer, or add a new one"))
    if caller is None or caller.pk:
        return
    if not caller.name:
        yield Problem("caller_name", _("Enter a name"))
    if not caller.phone:
        yield Problem("caller_phone", _("Enter a phone number"))
    try:
        tidy_phone(caller.phone, work.to_country)
    except NotUsable as problem:
        yield Problem("caller_phone", str(problem))
    try:
        tidy_email(caller.email)
    except CustomerRefused as refused:
        yield Problem("caller_email", str(refused))


def _about_items(work: Work, offered: Mapping[str, Offer], currency: str) -> Iterator[Problem]:
    if not work.items:
        yield Problem("item_q", _("Add at least one item"))
    for item in work.items:
        offer = offered.get(item.code)
        if offer is None:
            yield Problem("item_q", _("We do not know the item %(code)s. Remove it") % {"code": item.code})
        elif offer.price is None:
            facts = {"name": offer.name, "currency": currency}
            words = _("%(name)s has no price in %(currency)s. Remove it, or ask for a price") % facts
            yield Problem(f"units-{offer.pk}", words)
        elif not item.number:
            words = _("%(name)s: enter a whole number from 1 to %(most)s")
            yield Problem(f"units-{offer.pk}", words % {"name": offer.name, "most": MOST_UNITS})


def _about_delivery(work: Work, caller: Caller, today: date) -> Iterator[Problem]:
    if saved_address(work, caller) is None:
        for fault in check_address(work.postal)[1]:
            yield Problem(f"to_{fault.field}", fault.sentence)
    if not work.wish.strip():
        return
    day = work.wished_on
    if day is None:
        yield Problem("wish", _("Enter the day like %(day)s") % {"day": today.isoformat()})
    elif not 0 <= (day - today).days <= FARTHEST_DAYS:
        yield Problem("wish", _("Choose a day from today to a year from now"))


def _about_money(work: Work, caller: Caller) -> Iterator[Problem]:
    if work.pay == LINK and not caller.email:
        yield Problem("pay-link", _("There is no e-mail address to send the link to. Add one, or choose another way"))
    if work.pay == CARD and not caller.card:
        yield Problem("pay-link", _("There is no saved card that can be charged. Send a link to pay instead"))
    if work.pay != NOW:
        return
    if work.way not in WAYS:
        yield Problem("way", _("Choose how it was paid"))
    digits = re.sub(r"\D", "", work.reference)
    if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
        yield Problem("reference", _("This looks like a card number. Enter the number of the receipt instead"))
    elif work.way in WAYS and work.way not in PAID_WITHOUT_REFERENCE and not work.reference.strip():
        yield Problem("reference", _("Enter the reference, such as the number of the receipt"))
