"""Filters of the lists of payments, payouts, refunds, disputes and dunning."""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import business_zone
from ordermgmt.listing import ListFilters
from orders.billing_states import LIVE_DUNNING, DunningStatus, RefundStatus, WaitReason
from orders.models import Charge, Dispute, Dunning, Order, Payment, Payout, Refund
from orders.states import PaymentKind, PaymentState


class DunningFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("State"), choices=DunningStatus.choices)
    alive = django_filters.BooleanFilter(label=_("Still worked on"), method="only_alive")
    next_by = django_filters.DateFilter(label=_("Next step by"), method="due_by")
    waits_for_method = django_filters.BooleanFilter(label=_("Waits for another card"))

    class Meta:
        model = Dunning
        fields: Any = ()

    def search(self, rows: QuerySet[Dunning], name: str, value: str) -> QuerySet[Dunning]:
        """Number of invoice, order or subscription, or the start of the customer's name."""
        word = value.strip()
        return rows.filter(
            Q(invoice__number__iexact=word)
            | Q(invoice__order__number__iexact=word)
            | Q(invoice__subscription__number__iexact=word)
            | Q(invoice__customer__name__istartswith=word)
        )

    def due_by(self, rows: QuerySet[Dunning], name: str, value: date) -> QuerySet[Dunning]:
        """Open cases whose next step comes by the end of a day."""
        end = datetime.combine(value + timedelta(days=1), time(), business_zone())
        return rows.filter(status=DunningStatus.OPEN, next_at__lt=end)

    def only_alive(self, rows: QuerySet[Dunning], name: str, value: bool) -> QuerySet[Dunning]:
        return rows.filter(status__in=LIVE_DUNNING) if value else rows.exclude(status__in=LIVE_DUNNING)


class PaymentFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    kind = django_filters.MultipleChoiceFilter(label=_("Kind"), choices=PaymentKind.choices)
    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=PaymentState.choices)
    at = django_filters.DateFromToRangeFilter(label=_("When"))

    class Meta:
        model = Payment
        fields: Any = ()

    def search(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        """The provider's reference, or the number of an order or invoice."""
        word = value.strip()
        return rows.filter(Q(reference__iexact=word) | Q(order__number__iexact=word) | Q(invoice__number__iexact=word))


class PayoutFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    matched = django_filters.BooleanFilter(label=_("Found at the bank"), method="is_matched")
    arrives_on = django_filters.DateFromToRangeFilter(label=_("At the bank"))

    class Meta:
        model = Payout
        fields: Any = ()

    def search(self, rows: QuerySet[Payout], name: str, value: str) -> QuerySet[Payout]:
        """The reference at the provider or the bank, or that of a payment in it."""
        word = value.strip()
        mine = Q(reference__iexact=word) | Q(bank_reference__iexact=word) | Q(lines__reference__iexact=word)
        return rows.filter(mine).distinct()

    def is_matched(self, rows: QuerySet[Payout], name: str, value: bool) -> QuerySet[Payout]:
        return rows.exclude(matched_at=None) if value else rows.filter(matched_at=None)


class WaitingChargeFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    put_off_code = django_filters.MultipleChoiceFilter(label=_("Waits because"), choices=WaitReason.choices)

    class Meta:
        model = Charge
        fields: Any = ()

    def search(self, rows: QuerySet[Charge], name: str, value: str) -> QuerySet[Charge]:
        """Number of the invoice, or the start of the customer's name."""
        word = value.strip()
        return rows.filter(Q(invoice__number__iexact=word) | Q(invoice__customer__name__istartswith=word))


class RefundFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.MultipleChoiceFilter(label=_("State"), choices=RefundStatus.choices)

    class Meta:
        model = Refund
        fields: Any = ()

    def search(self, rows: QuerySet[Refund], name: str, value: str) -> QuerySet[Refund]:
        word = value.strip()
        return rows.filter(
            Q(number__iexact=word)
            | Q(payment__order__number__iexact=word)
            | Q(payment__invoice__number__iexact=word)
            | Q(provider_reference__iexact=word)
        )


class DisputeFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), method="search")
    open = django_filters.BooleanFilter(label=_("Open"), method="is_open")

    class Meta:
        model = Dispute
        fields: Any = ()

    def search(self, rows: QuerySet[Dispute], name: str, value: str) -> QuerySet[Dispute]:
        word = value.strip()
        return rows.filter(Q(reference__iexact=word) | Q(payment__order__number__iexact=word))

    def is_open(self, rows: QuerySet[Dispute], name: str, value: bool) -> QuerySet[Dispute]:
        return rows.filter(closed_at=None) if value else rows.exclude(closed_at=None)


class NotShippedFilters(ListFilters):
    q = django_filters.CharFilter(label=_("Search"), field_name="number", lookup_expr="iexact")

    class Meta:
        model = Order
        fields: Any = ()
