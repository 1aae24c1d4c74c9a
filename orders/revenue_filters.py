"""Filters of the rows behind the revenue report."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ordermgmt.listing import ListFilters
from orders.billing_states import RecognitionRule
from orders.models import RevenueEntry
from orders.revenue_report import deferred_on


class RevenueFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Invoice"), field_name="invoice__number", lookup_expr="iexact")
    booked_on = django_filters.DateFromToRangeFilter(label=_("Billed"))
    recognised_on = django_filters.DateFromToRangeFilter(label=_("Earned"))
    deferred_on = django_filters.DateFilter(label=_("Deferred on"), method="open_on")
    rule = django_filters.MultipleChoiceFilter(label=_("Earned how"), choices=RecognitionRule.choices)
    currency = django_filters.CharFilter(label=_("Currency"))

    class Meta:
        model = RevenueEntry
        fields: Any = ()

    def open_on(self, rows: QuerySet[RevenueEntry], name: str, value: date) -> QuerySet[RevenueEntry]:
        return rows.filter(deferred_on(value))
