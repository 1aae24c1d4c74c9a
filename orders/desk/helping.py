"""What support can do for a customer from the menu of the page: links, credit, address, seeing what they see."""

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.desks import Deed, Desk, Part, desk_part
from orders import viewing
from orders.models import Invoice, Order, Subscription
from orders.states import InvoiceStatus, OrderStatus

MOST_PAY_LINKS = 3


@desk_part(rank=50)
def help_of(desk: Desk) -> Part:
    customer = desk.customer
    if customer.status not in ("active", "blocked"):
        return Part()
    number = customer.number
    deeds: list[Deed] = []
    if desk.may("customers.edit"):
        url = reverse("customer_move", args=[number])
        deeds.append(Deed(label=_("Change address"), url=url, icon="place", key="e", looks="button", rank=3))
    if desk.may("customers.edit") or desk.may("finance.edit"):
        deeds.append(Deed(label=_("Give credit"), url=reverse("customer_credit", args=[number]), icon="money", rank=30))
    return Part(deeds=[*deeds, *_links(desk), *_looks(desk)])


def _links(desk: Desk) -> list[Deed]:
    if not desk.may("messages.resend") or not desk.customer.email:
        return []
    number = desk.customer.number
    rows = Invoice.objects.filter(customer=desk.customer, status=InvoiceStatus.OPEN).order_by("due_on", "pk")
    deeds = [
        Deed(label=_("Send link to pay %(number)s") % {"number": invoice}, method="POST", icon="link", rank=31,
             url=reverse("customer_pay_link", args=[number, invoice]))
        for invoice in rows.values_list("number", flat=True)[:MOST_PAY_LINKS]
    ]  # fmt: skip
    url = reverse("customer_login_link", args=[number])
    return [*deeds, Deed(label=_("Send link to their page"), url=url, method="POST", icon="link", rank=32)]


def _looks(desk: Desk) -> list[Deed]:
    """Of the newest subscription and the newest order."""
    if not desk.may(viewing.PERMISSION):
        return []
    plans = Subscription.objects.filter(customer=desk.customer).order_by("-pk").values_list("number", flat=True)[:1]
    orders = Order.objects.filter(customer=desk.customer).exclude(status=OrderStatus.DRAFT)
    newest = orders.order_by("-placed_at", "-pk").values_list("number", flat=True)[:1]
    return [
        Deed(label=_("View %(number)s as customer") % {"number": found}, method="POST", icon="eye", rank=40,
             url=reverse("customer_as", args=[desk.customer.number, found]))
        for found in [*plans, *newest]
    ]  # fmt: skip
