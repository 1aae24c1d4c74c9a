"""A customer moves: the new address, and what goes there from now on (J6)."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.actions.addresses import AddressRefused, add_address, replace_address
from customers.actions.customers import CustomerRefused, refuse_ended
from customers.models import Customer
from ordermgmt.access import StaffRequest, staff_page
from orders.actions.changes import ChangeConflict, apply_change, propose_change
from orders.actions.making_changes import TooLateToChange
from orders.actions.particulars import NewAddress
from orders.actions.subscription_changes import Conflict, change_subscription
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.billing_states import SubscriptionStatus
from orders.models import Order, Subscription
from orders.moving_forms import MovingForm
from orders.states import OrderStatus
from orders.wanted import Wanted

LIVE = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)


@staff_page("customers.edit")
@require_http_methods(["GET", "POST"])
def customer_move(request: StaffRequest, number: str) -> HttpResponse:
    """Ask, change everything that is ticked, and say of each whether it was done."""
    customer = get_object_or_404(Customer.objects.prefetch_related("addresses"), number=number)
    try:
        refuse_ended(customer)
    except CustomerRefused as refused:
        messages.warning(request, str(refused))
        return redirect(customer)
    form = _form(request, customer)
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, customer, form)
        except AddressRefused as refused:
            for fault in refused.faults:
                form.add_error(fault.field if fault.field in form.fields else None, fault.sentence)
        else:
            _tell(request, *_apply(request, form, now=timezone.now()))
            return redirect(customer)
    context = {"page": "customer-move", "customer": customer, "form": form}
    return render(request, "customers/move.html", context, status=422 if form.errors else 200)


def _form(request: StaffRequest, customer: Customer) -> MovingForm:
    home = customer.current_address
    plans, orders = [], []
    if request.user.has_perm("subscriptions.edit"):
        plans = list(Subscription.objects.filter(customer=customer, status__in=LIVE).select_related("version__plan"))
    if request.user.has_perm("orders.edit"):
        own = Order.objects.filter(customer=customer, status=OrderStatus.ACCEPTED).prefetch_related("lines")
        orders = [o for o in own.order_by("pk")[:20] if not any(line.packed or line.shipped for line in o.lines.all())]
    initial = home.as_postal() if home else {"name": customer.name, "country": "SE"}
    data = request.POST if request.method == "POST" else None
    return MovingForm(data, plans=plans, open_orders=orders, initial=initial)


def _keep(request: StaffRequest, customer: Customer, form: MovingForm) -> None:
    """The new address takes the place of the default one. Raises AddressRefused."""
    home = customer.current_address
    facts: dict[str, Any] = {"by": request.user, "now": timezone.now()}
    if home is None:
        add_address(customer=customer, fields=form.postal(), is_default=True, **facts)
    else:
        replace_address(address=home, fields=form.postal(), **facts)


def _apply(request: StaffRequest, form: MovingForm, *, now: datetime) -> tuple[list[str], list[str]]:
    """What goes to the new address, and sentences about what does not."""
    done: list[str] = []
    failed: list[str] = []
    facts: dict[str, Any] = {"by": request.user, "now": now}
    for number in form.cleaned_data.get("subscriptions", []):
        try:
            pk = Subscription.objects.values_list("pk", flat=True).get(number=number)
            change_subscription(pk, NewAddress(form.postal()), tell=form.cleaned_data["tell"], **facts)
            done.append(number)
        except (NotAllowed, TooLate, Conflict) as refused:
            failed.append(f"{number}: {refused}")
    for number in form.cleaned_data.get("orders", []):
        try:
            pk = Order.objects.values_list("pk", flat=True).get(number=number)
            change = propose_change(pk, Wanted(address=form.postal()), **facts)
            apply_change(change.pk, tell_customer=form.cleaned_data["tell"], **facts)
            done.append(number)
        except (TooLateToChange, ChangeConflict) as refused:
            failed.append(f"{number}: {refused}")
    return done, failed


def _tell(request: StaffRequest, done: list[str], failed: list[str]) -> None:
    words = _("The address is changed. It goes for %(what)s too.") if done else _("The address is changed.")
    messages.success(request, words % {"what": ", ".join(done)})
    for sentence in failed:
        messages.warning(request, _("Still to the old address. %(why)s") % {"why": sentence})
