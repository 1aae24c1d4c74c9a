"""Filters of the invoices list."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_day
from ordermgmt.listing import ListFilters
from orders.ageing import BUCKETS, bucket_named
from orders.models import Invoice
from orders.states import InvoiceStatus

DUE = [("overdue", _("Overdue")), ("open", _("Not yet due"))]


class InvoiceFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("State"), choices=InvoiceStatus.choices)
    due = django_filters.ChoiceFilter(label=_("Due"), choices=DUE, method="when_due")
    age = django_filters.ChoiceFilter(
        label=_("Days past due"), choices=[(bucket.code, bucket.label) for bucket in BUCKETS], method="aged"
    )
    issued_on = django_filters.DateFromToRangeFilter(label=_("Issued"))

    class Meta:
        model = Invoice
        fields: Any = ()

    def search(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Number of invoice, order or shipment, or the start of the recipient's name."""
        word = value.strip()
        return rows.filter(
            Q(number__iexact=word)
            | Q(order__number__iexact=word)
            | Q(cause__iexact=word)
            | Q(order__recipient__istartswith=word)
        )

    def when_due(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        today = business_day(timezone.now())
        unpaid = rows.filter(status=InvoiceStatus.OPEN)
        return unpaid.filter(due_on__lt=today) if value == "overdue" else unpaid.filter(due_on__gte=today)

    def aged(self, rows: QuerySet[Invoice], name: str, value: str) -> QuerySet[Invoice]:
        """Unpaid, so many days past due: the buckets of the ageing report."""
        bucket = bucket_named(value)
        unpaid = rows.filter(status=InvoiceStatus.OPEN)
        return unpaid.filter(bucket.days(business_day(timezone.now()))) if bucket else unpaid
