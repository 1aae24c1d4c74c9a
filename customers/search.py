"""Finding customers by number, phone in any format, e-mail, name or company."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers import ticket_search  # noqa: F401  # registers itself
from customers.models import Address, Customer
from customers.states import CustomerStatus
from ordermgmt.finding import GROUP_SIZE, Asked, Hit, all_words, searcher, starts_with
from ordermgmt.models import User


def matching(asked: Asked) -> QuerySet[Customer]:
    """Customers that match, merged and erased ones left out."""
    rows = Customer.objects.live()
    if asked.email:
        return rows.filter(email__icontains=asked.email)
    if asked.code.startswith("C-"):
        return rows.filter(starts_with("number", asked.code))
    if asked.phone:
        return rows.filter(Q(phone_digits__icontains=asked.phone) | Q(number=f"C-{asked.digits}"))
    if not asked.words:
        return rows.none()
    return rows.filter(all_words(("name", "company", "email"), asked.words))


@searcher(
    "customers", gettext_lazy("Customers"), permission="customers.view", icon="people", list_url="/customers/", rank=20
)
class CustomerSearch:
    def exact(self, asked: Asked, user: User) -> str:
        if not asked.code.startswith("C-"):
            return ""
        found = Customer.objects.filter(number=asked.code).first()
        return f"/customers/{found.number}/" if found else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        found = list(matching(asked).order_by("-id")[: GROUP_SIZE + 1])
        keys = [customer.pk for customer in found]
        open_orders = dict(
            Customer.objects.filter(pk__in=keys, orders__status="accepted")
            .annotate(n=Count("orders"))
            .values_list("pk", "n")
        )
        cities = dict(
            Address.objects.filter(customer__in=keys, is_default=True, replaced_at=None).values_list("customer", "city")
        )
        return [_hit(customer, cities.get(customer.pk, ""), open_orders.get(customer.pk, 0)) for customer in found]


def _hit(customer: Customer, city: str, orders: int) -> Hit:
    open_words = ngettext("%(n)s open order", "%(n)s open orders", orders) % {"n": orders}
    return Hit(
        title=str(customer),
        url=f"/customers/{customer.number}/",
        subtitle=", ".join(part for part in (customer.name if customer.company else "", city) if part),
        state=("blocked", _("Blocked")) if customer.status == CustomerStatus.BLOCKED else None,
        answer=open_words,
        last=" · ".join(part for part in (customer.number, customer.email, customer.phone) if part),
    )
