"""What support does for a caller from the page of a customer: credit, links, and seeing what they see."""

from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from customers.actions.customers import CustomerRefused
from customers.models import Customer
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.history import record
from ordermgmt.models import ActivityCategory, User
from ordermgmt.templatetags.portal import money
from orders import viewing
from orders.actions.customer_links import send_pay_link
from orders.actions.goodwill import CreditRefused, give_credit, left_to_give
from orders.actions.links import NoEmail, send_link
from orders.actions.subscription_links import send_plan_link
from orders.credit_forms import CreditForm, currency_of_customer
from orders.models import Invoice, Order, Subscription
from orders.states import InvoiceStatus, OrderStatus


@staff_page("customers.edit", "finance.edit")
@require_http_methods(["GET", "POST"])
def customer_credit(request: StaffRequest, number: str) -> HttpResponse:
    """Give credit within what the person's role may give, which is said before."""
    customer = get_object_or_404(Customer, number=number)
    now, currency = timezone.now(), currency_of_customer(customer)
    left = left_to_give(request.user, customer, currency, now=now)
    form = CreditForm(request.POST or None, initial={"key": str(uuid4())}, currency=currency)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            entry = give_credit(customer.pk, amount=given["amount"], currency=currency, reason=given["reason"],
                                key=given["key"], by=request.user, now=now)  # fmt: skip
        except (CreditRefused, CustomerRefused) as refused:
            form.add_error("amount", str(refused))
        else:
            words = _("%(sum)s is on the account. The next invoices use it.")
            messages.success(request, words % {"sum": money(entry.amount, currency)})
            return redirect(customer)
    context = {"customer": customer, "form": form, "left": left, "currency": currency}
    return render(request, "customers/credit.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page("messages.resend")
def customer_pay_link(request: StaffRequest, number: str, invoice: str) -> HttpResponse:
    """Mail the link to pay one open invoice."""
    row = get_object_or_404(Invoice, number=invoice, customer__number=number, status=InvoiceStatus.OPEN)
    try:
        send_pay_link(row.pk, by=request.user, now=timezone.now())
    except NoEmail:
        messages.warning(request, _("%(number)s has no e-mail address to write to.") % {"number": number})
    else:
        messages.success(request, _("The link to pay %(number)s is on its way.") % {"number": invoice})
    return redirect("customer_detail", number)


@require_POST
@staff_page("messages.resend")
def customer_login_link(request: StaffRequest, number: str) -> HttpResponse:
    """Mail the link to their page: of the subscription that runs, else of the last order."""
    customer = get_object_or_404(Customer, number=number)
    s = customer.subscriptions.exclude(status__in=("cancelled", "expired")).order_by("-pk").first()
    order = Order.objects.filter(customer=customer).exclude(status=OrderStatus.DRAFT).order_by("-placed_at").first()
    try:
        if s is not None:
            send_plan_link(s.pk, by=request.user, now=timezone.now())
        elif order is not None:
            send_link(order.pk, by=request.user, now=timezone.now())
        else:
            raise Http404(number)
    except NoEmail:
        messages.warning(request, _("%(number)s has no e-mail address to write to.") % {"number": number})
    else:
        what = {"what": s or order}
        messages.success(request, _("A link to the page of %(what)s is on its way.") % what)
    return redirect("customer_detail", number)


@require_POST
@staff_page(viewing.PERMISSION)
def customer_as(request: StaffRequest, number: str, record_number: str) -> HttpResponse:
    """Open the page of one of the customer's orders or subscriptions as they see it; who looked is written down."""
    return _look(_theirs(number, record_number), about=number, by=request.user)


@require_POST
@staff_page(viewing.PERMISSION)
def order_as(request: StaffRequest, number: str) -> HttpResponse:
    """The same from the page of an order, which need not have a customer we know."""
    order = get_object_or_404(Order.objects.exclude(status=OrderStatus.DRAFT).select_related("customer"), number=number)
    return _look(order, about=order.customer.number if order.customer else number, by=request.user)


def _look(record_of: Order | Subscription, *, about: str, by: User) -> HttpResponse:
    record("customer.viewed_as", gettext_noop("Looked at the page of {what} as the customer sees it"), subject=about,
           by=by, now=timezone.now(), category=ActivityCategory.CHANGES, what=record_of.number)  # fmt: skip
    name = "subscriber_page" if isinstance(record_of, Subscription) else "order_status"
    return redirect(reverse(name, args=[viewing.token_for(record_of, by)]))


def _theirs(number: str, record_number: str) -> Order | Subscription:
    if record_number.startswith("SUB-"):
        return get_object_or_404(Subscription, number=record_number, customer__number=number)
    orders = Order.objects.exclude(status=OrderStatus.DRAFT)
    return get_object_or_404(orders, number=record_number, customer__number=number)
