"""The order a delivery becomes, before it is one: lines and charges as priced, where it goes, when it is wished for. Pure."""

from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Address
from ordermgmt.clock import business_day
from ordermgmt.money import ZERO, round_money, tax_in
from orders.billing_states import Collection, ShortageRule
from orders.drafts import DraftAddress, DraftCharge, DraftLine, OrderDraft
from orders.models import Delivery, PlanVersion, Subscription
from orders.network import Destination
from orders.priced import Part, PricedDelivery
from orders.promising import arrival
from orders.renewal_book import RenewalBook
from orders.states import ChargeKind


def postal(address: Address) -> DraftAddress:
    return DraftAddress(**address.as_postal())


def draft_of(
    s: Subscription,
    delivery: Delivery,
    sent: PricedDelivery,
    shipping: DraftAddress,
    bill_to: DraftAddress,
    book: RenewalBook,
    *,
    version: PlanVersion,
    owes_ahead: bool,
) -> OrderDraft:
    """`owes_ahead`: it is paid in advance, and that invoice is open."""
    customer = s.customer
    return OrderDraft(
        channel_id=s.channel_id,
        currency=s.currency,
        lines=tuple(_line(part, s.currency) for part in sent.parts),
        charges=tuple(_charges(sent, s.language)),
        placed_at=book.now,
        customer_id=s.customer_id,
        email=customer.email,
        phone=customer.phone,
        shipping=shipping,
        billing=bill_to,
        language=s.language,
        shipping_method=s.shipping_method,
        is_gift=s.is_gift,
        is_renewal=True,
        tax_treatment=sent.treatment,
        ships_in_parts=version.shortage != ShortageRule.WAIT,
        on_invoice=s.collection == Collection.INVOICE,
        owes_ahead=owes_ahead,
        note=s.note,
        requested_delivery_on=_arrives_on(delivery.leaves_on, shipping, book),
    )


def _arrives_on(leaves_on: date, to: DraftAddress, book: RenewalBook) -> date | None:
    """The day that is wished for, so that it leaves on the day of the calendar; none when that has passed."""
    zones = book.network.serving(Destination(to.country, to.postcode))
    if not zones or leaves_on < business_day(book.now):
        return None
    return arrival(leaves_on, zones[0].transit_days, to.country)


def _line(part: Part, currency: str) -> DraftLine:
    return DraftLine(
        name=part.good.name,
        quantity=part.quantity,
        unit_price=round_money(part.full / part.quantity, currency),
        total=part.total,
        discount=part.discount,
        tax_rate=part.rate,
        tax=part.tax,
        sku_id=part.good.pk,
        external_code=part.good.code,
    )


def _charges(sent: PricedDelivery, language: str) -> list[DraftCharge]:
    wanted = ((ChargeKind.SHIPPING, sent.delivery, sent.delivery_discount), (ChargeKind.FEE, sent.set_up_fee, ZERO))
    return [_charge(kind, amount, less, sent, language) for kind, amount, less in wanted if amount]


def _charge(kind: str, amount: Decimal, less: Decimal, sent: PricedDelivery, language: str) -> DraftCharge:
    return DraftCharge(
        kind=kind,
        title=charge_title(kind, language),
        amount=amount,
        discount=less,
        tax_rate=sent.charge_rate,
        tax=tax_in(amount - less, sent.charge_rate, sent.currency),
    )


def charge_title(kind: str, language: str) -> str:
    """In the customer's words."""
    with translation.override(language):
        return _("Delivery") if kind == ChargeKind.SHIPPING else _("Set-up fee")
