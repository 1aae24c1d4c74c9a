"""What an invoice for deliveries paid in advance says: its lines by tax rate, delivery and fee below them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import ngettext

from ordermgmt.money import ZERO, tax_in
from orders.actions.cycle_invoices import BillItem
from orders.models import PlanVersion, Subscription
from orders.priced import PricedDelivery
from orders.renewal_drafts import charge_title
from orders.renewals import Renewal
from orders.states import ChargeKind


@dataclass(frozen=True)
class PaidTogether:
    """Deliveries one charge pays for; `cause` names it for ever."""

    cause: str
    subscription: Subscription
    version: PlanVersion
    deliveries: int
    starts_on: date
    ends_on: date
    charge: PricedDelivery


def bill_items(r: Renewal) -> list[BillItem]:
    """For a renewal that begins a prepaid cycle."""
    if r.charge is None:
        return []
    period = (r.deliveries, r.period.starts_on, r.period.ends_on)
    return items_of(PaidTogether(r.cause, r.subscription, r.version, *period, r.charge))


def items_of(paid: PaidTogether) -> list[BillItem]:
    """A line for each tax rate, delivery and set-up fee below."""
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for part in paid.charge.parts:
        sums[part.rate][0] += part.total - part.tax
        sums[part.rate][1] += part.tax
    own = [
        BillItem(cause=f"{paid.cause}:{i}", description=_words(paid), net=net, tax=tax, tax_rate=rate)
        for i, (rate, (net, tax)) in enumerate(sorted(sums.items()), start=1)
        if net or tax
    ]
    return [*own, *_charges(paid)]


def _words(paid: PaidTogether) -> str:
    """Such as: Coffee monthly, 3 deliveries, 3 Dec 2026 to 2 Mar 2027."""
    with translation.override(paid.subscription.language):
        count = ngettext("%(n)s delivery", "%(n)s deliveries", paid.deliveries) % {"n": paid.deliveries}
        first = date_format(paid.starts_on, "DATE_FORMAT")
        last = date_format(paid.ends_on, "DATE_FORMAT")
        return f"{paid.version.plan}, {count}, {first} – {last}"[:300]


def _charges(paid: PaidTogether) -> list[BillItem]:
    charge = paid.charge
    wanted = (
        (ChargeKind.SHIPPING, charge.delivery - charge.delivery_discount),
        (ChargeKind.FEE, charge.set_up_fee),
    )
    return [
        BillItem(
            cause=f"charge:{paid.cause}:{kind}",
            description=charge_title(kind, paid.subscription.language),
            net=amount - tax_in(amount, charge.charge_rate, charge.currency),
            tax=tax_in(amount, charge.charge_rate, charge.currency),
            tax_rate=charge.charge_rate,
        )
        for kind, amount in wanted
        if amount
    ]
