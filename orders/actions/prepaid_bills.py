"""What an invoice for deliveries paid in advance says: its lines by tax rate, delivery and fee below them."""

from collections import defaultdict
from decimal import Decimal

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import ngettext

from ordermgmt.money import ZERO, tax_in
from orders.actions.cycle_invoices import BillItem
from orders.renewal_drafts import charge_title
from orders.renewals import Renewal
from orders.states import ChargeKind


def bill_items(r: Renewal) -> list[BillItem]:
    """For a renewal that begins a prepaid cycle."""
    if r.charge is None:
        return []
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for part in r.charge.parts:
        sums[part.rate][0] += part.total - part.tax
        sums[part.rate][1] += part.tax
    own = [
        BillItem(cause=f"{r.cause}:{i}", description=_words(r), net=net, tax=tax, tax_rate=rate)
        for i, (rate, (net, tax)) in enumerate(sorted(sums.items()), start=1)
        if net or tax
    ]
    return [*own, *_charges(r)]


def _words(r: Renewal) -> str:
    """Such as: Coffee monthly, 3 deliveries, 3 Dec 2026 to 2 Mar 2027."""
    with translation.override(r.subscription.language):
        count = ngettext("%(n)s delivery", "%(n)s deliveries", r.deliveries) % {"n": r.deliveries}
        first = date_format(r.period.starts_on, "DATE_FORMAT")
        last = date_format(r.period.ends_on, "DATE_FORMAT")
        return f"{r.version.plan}, {count}, {first} – {last}"[:300]


def _charges(r: Renewal) -> list[BillItem]:
    charge = r.charge
    if charge is None:
        return []
    wanted = (
        (ChargeKind.SHIPPING, charge.delivery - charge.delivery_discount),
        (ChargeKind.FEE, charge.set_up_fee),
    )
    return [
        BillItem(
            cause=f"charge:{r.cause}:{kind}",
            description=charge_title(kind, r.subscription.language),
            net=amount - tax_in(amount, charge.charge_rate, charge.currency),
            tax=tax_in(amount, charge.charge_rate, charge.currency),
            tax_rate=charge.charge_rate,
        )
        for kind, amount in wanted
        if amount
    ]
