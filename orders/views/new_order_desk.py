"""What the page of a new order shows, worked out from what is typed (ux.md P09)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.addressing import country_of_phone
from customers.forms import country_choices
from customers.models import Address, Customer
from customers.search import matching
from customers.states import CustomerStatus
from inventory.actions.holding import NotEnoughStock
from inventory.actions.reserving import reserve, reserved_for, reserved_until
from ordermgmt.clock import business_day
from ordermgmt.finding import Asked
from ordermgmt.templatetags.portal import money, weekday_words
from orders.actions.phone_orders import phone_channel
from orders.actions.placing import Preview, preview
from orders.came_by import WAYS
from orders.cards import chargeable_card
from orders.composing import Caller, Problem, caller_of, compose, problems_of, saved_address, shipping_of
from orders.drafts import OrderDraft
from orders.in_work import CARD, INVOICE, LATER, METHODS, NEW, PAYING, Item, Work
from orders.models import Order, OrderInWork
from orders.network import Destination, load_network
from orders.offering import Offer, currency_of, find_codes, offers
from orders.states import LineKind, OrderStatus
from orders.tax_rates import load_rates, seller_country

MOST_FOUND = 8
KEPT_FOR = timedelta(minutes=15)
# Of two forms for the same units, one plans again with what the other left.
MOST_TURNS = 3
# Not said on this page: the first is about our channel, the second is what was chosen under Pay.
UNSAID = frozenset({"currency", "on_invoice", "no_lines", "stock"})
SOLD = (LineKind.ITEM, LineKind.BUNDLE)


@dataclass
class Desk:
    """One state of the form. `sought` and `typed` are the words in the two search fields, `found_*` their answers."""

    work: Work
    now: datetime
    sought: str = ""
    typed: str = ""
    found_customers: list[Customer] = field(default_factory=list)
    found_items: list[tuple[Offer, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    focus: str = ""

    # -- who

    @cached_property
    def customer(self) -> Customer | None:
        """The chosen customer; a merged one is followed by the customer that is left."""
        if not self.work.customer:
            return None
        rows = Customer.objects.select_related("merged_into").prefetch_related("addresses")
        found = rows.filter(number=self.work.customer).first()
        while found is not None and found.merged_into is not None:
            found = found.merged_into
        return found if found and found.status != CustomerStatus.ERASED else None

    @cached_property
    def addresses(self) -> list[Address]:
        if self.customer is None:
            return []
        current = [address for address in self.customer.addresses.all() if address.replaced_at is None]
        return sorted(current, key=lambda address: (not address.is_default, -address.pk))

    @cached_property
    def caller(self) -> Caller | None:
        known = self.customer
        if known is None:
            return caller_of(self.work) if self.work.is_new else None
        facts = (known.pk, known.name, known.email, known.phone, known.language, known.vat_id)
        return Caller(*facts, card=chargeable_card(known.pk), addresses=self.addresses)

    @cached_property
    def last_orders(self) -> list[Order]:
        """The newest orders of the customer, for Repeat."""
        if self.customer is None:
            return []
        rows = self.customer.orders.filter(status__in=(OrderStatus.ACCEPTED, OrderStatus.CLOSED))
        return list(rows.prefetch_related("lines__sku").order_by("-placed_at", "-pk")[:1])

    @cached_property
    def saved_at(self) -> datetime | None:
        """When it was last kept as a draft; nothing for a form that was never saved."""
        kept = OrderInWork.objects.filter(token=self.work.token, order__isnull=False).first()
        return kept.saved_at if kept else None

    # -- what

    @cached_property
    def channel(self) -> Any:
        return phone_channel()

    @cached_property
    def saved(self) -> Address | None:
        return saved_address(self.work, self.caller or Caller())

    @cached_property
    def currency(self) -> str:
        shipping = shipping_of(self.work, self.caller or Caller())
        return currency_of(shipping.country if shipping else "", otherwise=self.channel.currency)

    @cached_property
    def warehouse_ids(self) -> list[int] | None:
        """The places that may deliver there; all while nobody knows where it goes."""
        shipping = shipping_of(self.work, self.caller or Caller())
        if shipping is None or not shipping.country:
            return None
        network = load_network(now=self.now, countries=[shipping.country])
        zones = network.serving(Destination(shipping.country, shipping.postcode))
        return [zone.warehouse_id for zone in zones] or None

    @cached_property
    def offered(self) -> Mapping[str, Offer]:
        return self.offers(item.code for item in self.work.items)

    def offers(self, codes: Any) -> dict[str, Offer]:
        return offers(codes, currency=self.currency, warehouse_ids=self.warehouse_ids, kept=self.kept)

    @cached_property
    def draft(self) -> OrderDraft:
        return compose(
            self.work,
            self.caller or Caller(),
            self.offered,
            channel_id=self.channel.pk,
            currency=self.currency,
            now=self.now,
            seller_country=seller_country(),
            rates=load_rates(),
        )

    @cached_property
    def preview(self) -> Preview | None:
        """What placing it now would give, once there is something to place and somewhere to send it."""
        if not self.draft.lines or self.draft.shipping is None:
            return None
        return preview(self.draft, now=self.now, kept=self.kept)

    @cached_property
    def kept(self) -> Mapping[tuple[int, int], int]:
        """Units kept back for this form, by warehouse and SKU."""
        return reserved_for(self.work.token)

    def keep_back(self) -> None:
        """What placing it now would promise is promised for a while; when others were faster, what they left."""
        for _turn in range(MOST_TURNS):
            units, until = self.preview.units if self.preview else {}, self.now + KEPT_FOR
            try:
                reserve(self.work.token, units, until=until)
            except NotEnoughStock:
                self.forget_stock()
            else:
                self.kept_until = until if units else None
                return

    def forget_stock(self) -> None:
        """What was read of the stock is read again."""
        for name in ("kept", "offered", "draft", "preview"):
            self.__dict__.pop(name, None)

    @cached_property
    def kept_until(self) -> datetime | None:
        """Until when all or some of it is promised while it is written."""
        return reserved_until(self.work.token)

    def check(self) -> list[Problem]:
        """Everything that must be mended before it can be placed."""
        found = problems_of(self.work, self.caller, self.offered, currency=self.currency, today=business_day(self.now))
        if self.typed.strip():
            words = _("“%(typed)s” is not added yet. Press Enter in the field, or clear it") % {"typed": self.typed}
            found.append(Problem("item_q", words))
        return found

    # -- how it is shown

    def context(self) -> dict[str, Any]:
        last = self.last_orders[0] if self.last_orders else None
        work = self.work
        return {
            "desk": self,
            "work": work,
            "customer": self.customer,
            "last": last,
            "last_words": ", ".join(f"{line.ordered} {line.name}" for line in sold_lines(last)) if last else "",
            "repeat_key": bool(last and not work.items),
            "addresses": self.addresses,
            "saved": self.saved,
            "is_elsewhere": self.saved is None,
            "countries": country_choices(),
            "rows": self.rows(),
            "totals": self.draft.totals,
            "currency": self.currency,
            "payment_ways": WAYS.items(),
            "paying": self.paying(),
            "methods": METHODS.items(),
            "promise": self.preview.promise if self.preview else None,
            "findings": self.findings(),
            "read_back": self.read_back(),
            "problems": self.problems,
            "errors": {problem.field: problem.sentence for problem in reversed(self.problems)},
            "found_customers": self.found_customers,
            "found_items": self.found_items,
            "saved_at": self.saved_at,
            "focus": self.focus,
            "kept_until": self.kept_until,
        }

    def paying(self) -> list[tuple[str, Any]]:
        """Ways to pay; the saved card only where there is one."""
        card = self.caller.card if self.caller else ""
        named = {**PAYING, CARD: _("%(card)s, now") % {"card": card}}
        return [(way, words) for way, words in named.items() if way != CARD or card]

    def rows(self) -> list[dict[str, Any]]:
        """The lines as typed, each with its money and what is there of it."""
        sums = {line.external_code: line.total for line in self.draft.lines}
        return [
            {
                "item": item,
                "offer": offer,
                "id": f"units-{offer.pk}" if offer else f"units-{at}",
                "name": offer.name if offer else item.code,
                "error": next(
                    (one.sentence for one in self.problems if offer and one.field == f"units-{offer.pk}"), ""
                ),
                "sum": sums.get(item.code),
                "there": _there(item, offer),
                "is_short": bool(offer and offer.free < item.number),
            }
            for at, item in enumerate(self.work.items)
            for offer in [self.offered.get(item.code)]
        ]

    def findings(self) -> list[dict[str, Any]]:
        """What the checks say, in the page's words."""
        found = [one for one in (self.preview.findings if self.preview else ()) if one.code not in UNSAID]
        return [*map(_finding, found), *self._left_out(), *self._price_changes()]

    @cached_property
    def repeats(self) -> Order | None:
        """The order that is repeated."""
        rows = Order.objects.filter(number=self.work.repeats).prefetch_related("lines__sku")
        return rows.first() if self.work.repeats else None

    def cannot_repeat(self, order: Order | None) -> dict[str, str]:
        """Names by code of what nobody can buy any more."""
        lines = sold_lines(order)
        offered = self.offers(line.sku.code for line in lines if line.sku)
        return {
            line.sku.code if line.sku else line.name: line.name
            for line in lines
            if not line.sku or not _is_for_sale(offered.get(line.sku.code))
        }

    def _left_out(self) -> list[dict[str, Any]]:
        """What a repeated order had and this one cannot have."""
        words = _("%(name)s is not sold any more and was left out")
        return [{"tone": "warn", "text": words % {"name": name}} for name in self.cannot_repeat(self.repeats).values()]

    def _price_changes(self) -> list[dict[str, Any]]:
        """What a repeated order cost then and costs now."""
        then = self.repeats if self.repeats and self.repeats.currency == self.currency else None
        old = {line.sku.code: line.unit_price for line in sold_lines(then) if line.sku} if then else {}
        words = _("%(name)s: %(now)s now, %(then)s last time")
        return [
            {"tone": "waiting", "text": words % {
                "name": offer.name, "now": money(offer.price, self.currency), "then": money(old[code], self.currency),
            }}
            for code, offer in self.offered.items()
            if code in old and offer.price is not None and offer.price != old[code]
        ]  # fmt: skip

    def read_back(self) -> str:
        """The sentence to read to the caller before the order is placed."""
        lines = self.draft.lines
        if not lines:
            return ""
        what = ", ".join(f"{line.quantity} × {line.name}" for line in lines)
        facts = {"what": what, "total": money(self.draft.totals.total, self.currency), "day": self._day()}
        if not facts["day"]:
            return _("%(what)s. %(total)s in all.") % facts
        return _("%(what)s. %(total)s in all. It should arrive on %(day)s.") % facts

    def _day(self) -> str:
        made = self.preview.promise if self.preview else None
        return weekday_words(made.delivery_on, "l j F") if made else ""


def sold_lines(order: Order | None) -> list[Any]:
    """Lines as the customer bought them, without what was cancelled."""
    lines = order.lines.all() if order else ()
    return [line for line in lines if line.kind in SOLD and line.ordered > line.cancelled]


def _is_for_sale(offer: Offer | None) -> bool:
    return offer is not None and offer.is_sold and offer.price is not None


def _there(item: Item, offer: Offer | None) -> str:
    if offer is None:
        return ""
    if offer.free >= max(item.number, 1):
        return _("%(n)s available") % {"n": offer.free}
    return _("%(n)s available, the rest waits") % {"n": offer.free} if offer.free else _("none available, it waits")


def _finding(finding: Any) -> dict[str, Any]:
    """Errors hold the order; a possible duplicate is only said, with a link."""
    if finding.code == "duplicate_of":
        words = _("The same was ordered less than a day ago: %(number)s. Place both, or open the first")
        link = reverse("order_detail", args=[finding.value])
        return {"tone": "waiting", "text": words % {"number": finding.value}, "url": link, "label": finding.value}
    if finding.code == "payment" and finding.severity == "error":
        return {"tone": "waiting", "text": _("It waits for the money before it leaves.")}
    if finding.severity == "error":
        return {"tone": "hold", "text": _("It will be held. %(why)s") % {"why": finding.message}}
    return {"tone": "warn" if finding.severity == "warning" else "neutral", "text": finding.message}


# -- searching


def customers_like(words: str) -> list[Customer]:
    """Customers by phone, e-mail, name or number, the newest first."""
    rows = matching(Asked(words)).prefetch_related("addresses").order_by("-id")
    return list(rows[:MOST_FOUND])


def items_like(desk: Desk, words: str) -> list[tuple[Offer, int]]:
    """Items by code, barcode or name, with the units that one of what was typed means."""
    codes = dict(find_codes(words))
    offered = desk.offers(codes)
    return [(offered[code], units) for code, units in codes.items() if code in offered]


# -- steps that change what is typed


def repeated(work: Work, order: Order) -> Work:
    """As an earlier order of the customer: its items, and how it was paid; what was added already stays."""
    items = {item.code: item for item in work.items}
    for line in sold_lines(order):
        if line.sku and line.sku.code not in items:
            items[line.sku.code] = Item(line.sku.code, str(line.ordered - line.cancelled))
    more = {"method": order.shipping_method if order.shipping_method in METHODS else "", "pay": usual_payment(order)}
    address = _address_again(order)
    return replace(work, items=tuple(items.values()), repeats=order.number, **more, **address)


def _address_again(order: Order) -> dict[str, str]:
    """The saved address it went to, when the customer still has it."""
    went = order.addresses.filter(kind="shipping").first()
    if went is None or order.customer is None:
        return {}
    current = order.customer.addresses.filter(replaced_at=None)
    same = current.filter(line1=went.line1, postcode=went.postcode, country=went.country).first()
    return {"address": str(same.pk)} if same else {}


def usual_payment(order: Order) -> str:
    """By invoice when the earlier order, which cost something, went out unpaid or was taken so; else it waits for money."""
    kept = getattr(order, "in_work", None)
    if kept is not None and kept.state.get("pay"):
        return str(kept.state["pay"]) if kept.state["pay"] == INVOICE else LATER
    was_held = order.holds.filter(code="payment").exists()
    return INVOICE if order.total and not order.paid_total and not was_held else LATER


def started_from(work: Work, customer: Customer) -> Work:
    """For this customer; another address of theirs is likely in the same country."""
    home = customer.current_address
    country = work.to_country or (home.country if home else "")
    return replace(work, customer=customer.number, is_new="", address="", to_country=country)


def newcomer(work: Work, words: str) -> Work:
    """A new customer, with what was searched for in the field it looks like."""
    asked = Asked(words)
    work = replace(work, customer="", is_new="1", address=NEW)
    if asked.email:
        return replace(work, caller_email=asked.email)
    if asked.phone:
        return replace(work, caller_phone=asked.text, to_country=work.to_country or country_of_phone(asked.text))
    return replace(work, caller_name=asked.text or work.caller_name)
