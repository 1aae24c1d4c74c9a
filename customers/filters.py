"""What the list of customers can be narrowed by."""

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, DateFromToRangeFilter

from customers.addressing import phone_digits
from customers.list_facts import at_risk
from customers.models import Customer
from customers.states import CustomerStatus
from ordermgmt.listing import ListFilters

WEEK = timedelta(days=7)
PLANS = [("active", _("Active")), ("paused", _("Paused")), ("none", _("None"))]
NEW = [("week", _("In the last 7 days"))]
RISK = [("yes", _("At risk"))]


class CustomerFilters(ListFilters):
    q = CharFilter(method="by_words", label=_("Words"))
    status = ChoiceFilter(choices=CustomerStatus.choices, label=_("State"), empty_label=_("All"))
    owes = BooleanFilter(method="by_owes", label=_("Owes money"))
    plan = ChoiceFilter(choices=PLANS, method="by_plan", label=_("Plan"), empty_label=_("All"))
    risk = ChoiceFilter(choices=RISK, method="by_risk", label=_("At risk"), empty_label=_("All"))
    new = ChoiceFilter(choices=NEW, method="by_new", label=_("New"), empty_label=_("All"))
    country = CharFilter(method="by_country", label=_("Country"))
    created = DateFromToRangeFilter(field_name="created_at", label=_("Customer since"))

    class Meta:
        model = Customer
        fields: ClassVar = ["q", "status", "owes", "plan", "risk", "new", "country", "created"]

    def by_words(self, rows: QuerySet[Customer], _name: str, words: str) -> QuerySet[Customer]:
        """Every word in the number, name, company or e-mail, the postcode, or the start of a phone number."""
        for word in words.split()[:8]:
            found = (
                Q(number__iexact=word)
                | Q(name__icontains=word)
                | Q(company__icontains=word)
                | Q(email__icontains=word)
                | Q(addresses__postcode__icontains=word, addresses__replaced_at=None)
            )
            digits = phone_digits(word, "SE")
            if len(digits) >= 5:
                found |= Q(phone_digits__startswith=digits)
            rows = rows.filter(pk__in=Customer.objects.filter(found).values("pk"))
        return rows

    def by_owes(self, rows: QuerySet[Customer], _name: str, wanted: bool) -> QuerySet[Customer]:
        """With an invoice that is open."""
        owing = Customer.objects.filter(invoices__status="open").values("pk")
        return rows.filter(pk__in=owing) if wanted else rows.exclude(pk__in=owing)

    def by_plan(self, rows: QuerySet[Customer], _name: str, state: str) -> QuerySet[Customer]:
        live = Customer.objects.filter(subscriptions__status__in=("active", "paused")).values("pk")
        if state == "none":
            return rows.exclude(pk__in=live)
        return rows.filter(pk__in=Customer.objects.filter(subscriptions__status=state).values("pk"))

    def by_risk(self, rows: QuerySet[Customer], _name: str, _value: str) -> QuerySet[Customer]:
        return at_risk(rows)

    def by_new(self, rows: QuerySet[Customer], _name: str, _value: str) -> QuerySet[Customer]:
        return rows.filter(created_at__gte=timezone.now() - WEEK)

    def by_country(self, rows: QuerySet[Customer], _name: str, code: str) -> QuerySet[Customer]:
        living = Customer.objects.filter(addresses__country=code.upper(), addresses__replaced_at=None)
        return rows.filter(pk__in=living.values("pk"))


def look_alikes(customer: Customer) -> QuerySet[Any]:
    """Other living records with the same e-mail or phone number."""
    same = Q(pk=None)
    if customer.email:
        same |= Q(email__iexact=customer.email)
    if customer.phone_digits:
        same |= Q(phone_digits=customer.phone_digits)
    rows: QuerySet[Any] = Customer.objects.live().filter(same).exclude(pk=customer.pk)
    return rows.order_by("pk")
