"""The home of finance (P05): what is owed for how long, what is collected today, what waits, and closing the month."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.listing import ListFilters
from ordermgmt.listing.counting import totals_of
from ordermgmt.money import round_money
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from orders.ageing import BUCKETS, OPEN_BALANCE, ageing
from orders.collection_filters import DisputeFilters, DunningFilters, PayoutFilters, RefundFilters
from orders.invoice_filters import InvoiceFilters
from orders.models import Charge, Dispute, Dunning, Invoice, Payout, Refund

Sums = Sequence[tuple[str, Decimal]]


@home_part(Role.FINANCE, rank=5)
def aged(request: HttpRequest, now: datetime) -> Part:
    """Open balances by days past due; amount and count open the same rows."""
    queries = {bucket.code: f"age={bucket.code}" for bucket in BUCKETS}
    totals = totals_of(
        {code: _rows(InvoiceFilters, Invoice.objects.all(), query, request) for code, query in queries.items()}
    )
    owed = ageing(Invoice.objects.all(), today=business_day(now))
    figures = [
        Figure(
            bucket.label,  # type: ignore[arg-type]
            totals[bucket.code],
            f"{reverse('invoice_list')}?view=all&{queries[bucket.code]}&sort=due",
            tone="" if bucket.start is None else "bad" if bucket.start > 30 else "warn",
            amount=_amounts([(one.currency, one.sums[bucket.code]) for one in owed]),
        )
        for bucket in BUCKETS
    ]
    return Part(_("Owed to us"), figures, url=reverse("invoice_list"), url_label=_("Invoices"))


@home_part(Role.FINANCE, rank=6)
def waiting(request: HttpRequest, now: datetime) -> Part:
    """What needs finance today."""
    today = business_day(now)
    next_by = f"next_by={today.isoformat()}"
    lists: Mapping[str, tuple[QuerySet[Any], str, str]] = {
        "dunning": (_rows(DunningFilters, Dunning.objects.all(), next_by, request), "dunning_list", next_by),
        "payouts": (_rows(PayoutFilters, Payout.objects.all(), "matched=false", request), "payout_list", "matched=false"),
        "charges": (Charge.objects.put_off(), "charges_waiting", ""),
        "refunds": (_rows(RefundFilters, Refund.objects.all(), "status=requested", request), "refund_list",
                    "status=requested"),
        "disputes": (_rows(DisputeFilters, Dispute.objects.all(), "open=true", request), "dispute_list", "open=true"),
    }  # fmt: skip
    words = {
        "dunning": (_("Unpaid invoices to try or remind of today"), ""),
        "payouts": (_("Payouts to find at the bank"), "warn"),
        "charges": (_("Charges that are due and cannot be made"), "warn"),
        "refunds": (_("Refunds that wait for approval"), "warn"),
        "disputes": (_("Disputes to answer"), "bad"),
    }
    totals = totals_of({name: rows for name, (rows, _url, _query) in lists.items()})
    figures = [
        Figure(label, totals[name], f"{reverse(lists[name][1])}?view=all&{lists[name][2]}", tone=tone,
               amount=_amounts(_sums(name, lists[name][0])))
        for name, (label, tone) in words.items()
    ]  # fmt: skip
    return Part(_("To do in billing"), figures)


def _sums(name: str, rows: QuerySet[Any]) -> Sums:
    """By currency; what a case of dunning is worth is the open balance of its invoice."""
    if name == "dunning":
        cases = Invoice.objects.filter(dunning__in=rows.order_by().values("pk")).order_by().values_list("currency")
        return list(cases.annotate(sum=Sum(OPEN_BALANCE)))
    return list(rows.order_by().values_list("currency").annotate(sum=Sum(F("amount"))))


def _rows(filters: type[ListFilters], rows: QuerySet[Any], query: str, request: HttpRequest) -> QuerySet[Any]:
    found: QuerySet[Any] = filters(QueryDict(query), queryset=rows, request=request).qs
    return found


def _amounts(sums: Sums) -> str:
    """Such as €120.00 + SEK 90.00; empty where there is none."""
    kept = sorted((currency, round_money(Decimal(amount), currency)) for currency, amount in sums if amount)
    return " + ".join(portal.money(amount, currency) for currency, amount in kept)
