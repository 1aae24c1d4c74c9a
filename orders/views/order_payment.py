"""Money that came outside of a shop (bank transfer, card terminal, cash), written down by finance."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.money import round_money
from ordermgmt.templatetags.portal import money
from orders.actions.paying import PaymentRefused, record_payment
from orders.forms import PaymentForm
from orders.models import Order


@staff_page("orders.finance")
def order_payment(request: StaffRequest, number: str) -> HttpResponse:
    """Write down a payment; what is covered goes on by itself. The same form sent twice is one payment."""
    order = get_object_or_404(Order, number=number)
    initial = {"key": str(uuid4()), "amount": round_money(max(order.balance, 0), order.currency)}
    form = PaymentForm(request.POST or None, initial=initial, currency=order.currency)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            payment = record_payment(
                order.pk, amount=given["amount"], provider=given["way"], reference=given["reference"],
                effect_key=f"payment:{given['key']}", by=request.user, now=timezone.now(),
            )  # fmt: skip
        except PaymentRefused as refused:
            form.add_error(None, str(refused))
        else:
            words = _("%(sum)s is written down on %(number)s.")
            messages.success(request, words % {"sum": money(payment.amount, payment.currency), "number": number})
            return redirect("order_detail", number)
    context = {"order": order, "form": form}
    return render(request, "orders/order_payment.html", context, status=422 if form.errors else 200)
