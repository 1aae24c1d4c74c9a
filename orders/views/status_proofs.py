"""Proving that it is the customer: by what is on the order or by a mailed code; and a new link for an ended one."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try
from orders import identity
from orders.actions.links import NoEmail, send_code, send_link
from orders.customer_forms import CodeForm, FindForm, ProofForm
from orders.models import Order, OrderLink
from orders.views.status import by_link

GOALS = {"address": "status_address", "cancel": "status_cancel"}
TOO_OFTEN = 429


def wait_words() -> str:
    return _("That was tried too often. Wait 15 minutes, or call us and we do it with you.")


def prove(request: HttpRequest, order: Order, now: datetime) -> ProofForm | None:
    """The proof that came with a form: nothing when it is right, else the form with what to correct."""
    form = ProofForm(request.POST)
    if not form.is_valid():
        return form
    if not identity.may_prove(request, order, now):
        form.add_error(None, wait_words())
    elif not identity.knows_order(order, email=form.cleaned_data["email"], postcode=form.cleaned_data["old_postcode"]):
        form.add_error(None, _("The e-mail and postcode do not fit this order. Check both, or let us mail you a code."))
    else:
        return None
    return form


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def status_code(request: HttpRequest, link: OrderLink) -> HttpResponse:
    """Ask for a code (POST without one), enter it (POST with one)."""
    goal = request.POST.get("for") or request.GET.get("for", "")
    goal = goal if goal in GOALS else "address"
    if request.method != "POST":
        return _ask_for_code(request, link, CodeForm(), goal)
    return _check(request, link, goal) if "code" in request.POST else _send(request, link, goal)


def _send(request: HttpRequest, link: OrderLink, goal: str) -> HttpResponse:
    now, code = timezone.now(), identity.new_code()
    if not identity.may_ask(link.order, now):
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, _("We sent 3 codes in the last hour. Use the newest, or call us."))
        return _ask_for_code(request, link, form, goal, status=TOO_OFTEN)
    try:
        send_code(link.order_id, code=code, now=now)
    except NoEmail:
        return redirect("order_status", link.token)
    answer = redirect(f"{reverse('status_code', args=[link.token])}?for={goal}")
    identity.keep_code(answer, link.order, code, token=link.token, now=now)
    return answer


def _check(request: HttpRequest, link: OrderLink, goal: str) -> HttpResponse:
    now, form = timezone.now(), CodeForm(request.POST)
    if form.is_valid() and not identity.use_code(request, link.order, form.cleaned_data["code"], now):
        form.add_error("code", _("This code is not right or has ended. Check it, or let us mail you a new one"))
    if not form.is_valid():
        return _ask_for_code(request, link, form, goal, status=422)
    answer = redirect(GOALS[goal], link.token)
    identity.remember(answer, link.order, token=link.token, now=now)
    return answer


def _ask_for_code(request: HttpRequest, link: OrderLink, form: CodeForm, goal: str, status: int = 200) -> HttpResponse:
    context = {"token": link.token, "form": form, "goal": goal, "order_number": link.order.number}
    return render(request, "customer/code.html", context, status=status)


@customer_page
@require_POST
def status_new_link(request: HttpRequest, token: str) -> HttpResponse:
    """A new link for an ended one goes only to the e-mail of the order."""
    link = OrderLink.objects.select_related("order").filter(token=token).first()
    if link is None:
        return render(request, "customer/unknown.html", {"form": FindForm()}, status=404)
    with translation.override(link.order.language):
        now = timezone.now()
        if not may_try("new-link", str(link.order_id), most=3, seconds=3600, now=now) or not may_try(
            "new-link-from", address_of(request), most=20, seconds=3600, now=now
        ):
            return render(request, "customer/ended.html", {"too_often": True}, status=TOO_OFTEN)
        try:
            send_link(link.order_id, by="Customer", now=now)
        except NoEmail:
            return redirect("order_status", token)
        return render(request, "customer/link_sent.html", {})
