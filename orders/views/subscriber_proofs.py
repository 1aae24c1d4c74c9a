"""Proving that it is the customer of a subscription: what we have on file, or a mailed code; and a new link."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try
from orders import identity
from orders.actions.links import CUSTOMER, NoEmail
from orders.actions.subscription_links import send_plan_code, send_plan_link
from orders.customer_forms import CodeForm, FindForm
from orders.models import SubscriptionLink
from orders.subscriber_forms import PlanProofForm
from orders.views.status_proofs import TOO_OFTEN, wait_words
from orders.views.subscriber import LINK, by_link

# What waits behind the proof, and what a proof of the last minutes is asked for.
GOALS = {"address": "subscriber_address", "papers": "subscriber_papers", "card": "subscriber_page"}
FRESH = timedelta(minutes=5)


def ask_for_proof(link: SubscriptionLink, goal: str) -> HttpResponse:
    return redirect(f"{reverse('subscriber_prove', args=[link.token])}?for={goal}")


def _goal(request: HttpRequest) -> str:
    goal = request.POST.get("for") or request.GET.get("for", "")
    return goal if goal in GOALS else "address"


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def subscriber_prove(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """E-mail and postcode as we know them."""
    if request.method != "POST":
        return _page(request, link, "prove", PlanProofForm())
    now, form, s = timezone.now(), PlanProofForm(request.POST), link.subscription
    if not form.is_valid():
        return _page(request, link, "prove", form, 422)
    if not identity.may_prove(request, s, now):
        form.add_error(None, wait_words())
        return _page(request, link, "prove", form, TOO_OFTEN)
    if not identity.knows_order(s, email=form.cleaned_data["email"], postcode=form.cleaned_data["old_postcode"]):
        form.add_error(None, _("The e-mail and postcode do not fit. Check both, or let us mail you a code."))
        return _page(request, link, "prove", form, 422)
    return _proven(request, link, now)


def _proven(request: HttpRequest, link: SubscriptionLink, now: datetime) -> HttpResponse:
    goal = _goal(request)
    answer = redirect(reverse(GOALS[goal], args=[link.token]) + ("#card" if goal == "card" else ""))
    identity.remember(answer, link.subscription, token=link.token, now=now)
    return answer


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def subscriber_code(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """Ask for a code (POST without one), enter it (POST with one)."""
    if request.method != "POST":
        return _page(request, link, "code", CodeForm())
    return _check(request, link) if "code" in request.POST else _send(request, link)


def _send(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    now, code, s = timezone.now(), identity.new_code(), link.subscription
    if not identity.may_ask(s, now):
        form = CodeForm({})
        form.errors.clear()
        form.add_error(None, _("We sent 3 codes in the last hour. Use the newest, or call us."))
        return _page(request, link, "code", form, TOO_OFTEN)
    try:
        send_plan_code(s.pk, code=code, now=now)
    except NoEmail:
        return redirect("subscriber_page", link.token)
    answer = redirect(f"{reverse('subscriber_code', args=[link.token])}?for={_goal(request)}")
    identity.keep_code(answer, s, code, token=link.token, now=now)
    return answer


def _check(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    now, form = timezone.now(), CodeForm(request.POST)
    if form.is_valid() and not identity.use_code(request, link.subscription, form.cleaned_data["code"], now):
        form.add_error("code", _("This code is not right or has ended. Check it, or let us mail you a new one"))
    if not form.is_valid():
        return _page(request, link, "code", form, 422)
    return _proven(request, link, now)


def _page(
    request: HttpRequest, link: SubscriptionLink, name: str, form: CodeForm | PlanProofForm, status: int = 200
) -> HttpResponse:
    s = link.subscription
    context: dict[str, Any] = {"token": link.token, "form": form, "goal": _goal(request), "order_number": s.number}
    context["has_email"] = bool(s.customer.email)
    return render(request, f"customer/plan_{name}.html", context, status=status)


@customer_page
@require_POST
def subscriber_new_link(request: HttpRequest, token: str) -> HttpResponse:
    """A new link for an ended one goes only to the e-mail of the customer."""
    link = LINK.filter(token=token).first()
    if link is None:
        return render(request, "customer/unknown.html", {"form": FindForm()}, status=404)
    with translation.override(link.subscription.language):
        now = timezone.now()
        if not may_try("new-plan-link", str(link.subscription_id), most=3, seconds=3600, now=now) or not may_try(
            "new-link-from", address_of(request), most=20, seconds=3600, now=now
        ):
            return render(request, "customer/ended.html", {"too_often": True}, status=TOO_OFTEN)
        try:
            send_plan_link(link.subscription_id, by=CUSTOMER, now=now)
        except NoEmail:
            return redirect("subscriber_page", token)
        return render(request, "customer/link_sent.html", {})
