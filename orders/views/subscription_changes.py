"""Changing a subscription: what is wanted, a review of what it does, doing it, undoing it."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing.counting import forget_totals
from orders.actions.deliveries import OrderNow, Skip, Unskip
from orders.actions.ordering_now import Ordered, order_now
from orders.actions.subscription_changes import Change, Conflict, change_subscription, preview_change, undo_change
from orders.actions.subscription_work import RELATED, NotAllowed, TooLate
from orders.change_fields import ChangeForm
from orders.models import Subscription, SubscriptionEvent
from orders.subscription_deeds import DEEDS, Deed
from orders.subscription_words import what_was_done
from orders.views.subscription_diff import diff_of

EDIT = "subscriptions.edit"
_TICKET_PAGE = re.compile(r"/tickets/T-[0-9]{1,12}/")


def load(number: str) -> Subscription:
    s = Subscription.objects.select_related(*RELATED, "method").filter(number=number).first()
    if s is None:
        raise Http404(number)
    return s


@staff_page(EDIT)
def subscription_change(request: StaffRequest, number: str, slug: str) -> HttpResponse:
    """Asks, shows the review, does it when confirmed."""
    s, deed = load(number), DEEDS.get(slug)
    if deed is None:
        raise Http404(slug)
    sent = request.POST if request.method == "POST" else None
    if sent is None and deed.form.is_ready:
        sent = request.GET
    form = deed.form(sent, subscription=s, initial={"number": _number(request)})
    if sent is None or "again" in request.POST or not form.is_valid():
        return _show(request, s, deed, form, status=422 if sent is not None and form.errors else 200)
    return _confirmed(request, s, deed, form) if "confirm" in request.POST else _review(request, s, deed, form)


def _number(request: StaffRequest) -> str:
    asked = request.GET.get("number", "")
    return asked if asked.isascii() and asked.isdecimal() and len(asked) < 6 else ""


def _review(request: StaffRequest, s: Subscription, deed: Deed, form: ChangeForm) -> HttpResponse:
    override = request.POST.get("override", "").strip()[:200]
    try:
        plan = preview_change(s.pk, form.change(), by=request.user, now=timezone.now(), override=override, count=8)
    except NotAllowed as refusal:
        return _show(request, s, deed, form, refusal=str(refusal), status=422)
    except TooLate as late:
        return _show(request, s, deed, form, late=late, status=422)
    facts: dict[str, Any] = {"diff": diff_of(plan, s), "plan": plan, "override": override}
    return _show(request, s, deed, form, **facts)


def _confirmed(request: StaffRequest, s: Subscription, deed: Deed, form: ChangeForm) -> HttpResponse:
    sent, change = request.POST, form.change()
    expected = sent.get("row_version", "")
    facts: dict[str, Any] = {
        "by": request.user, "now": timezone.now(), "tell": "tell" in sent,
        "override": sent.get("override", "").strip()[:200],
        "expected": int(expected) if expected.isascii() and expected.isdecimal() else None,
    }  # fmt: skip
    try:
        if isinstance(change, OrderNow):
            return _ordered(request, s, order_now(s.pk, change, **facts))
        event = change_subscription(s.pk, change, **facts)
    except NotAllowed as refusal:
        return _show(request, s, deed, form, refusal=str(refusal), status=422)
    except TooLate as late:
        return _show(request, s, deed, form, late=late, status=409)
    except Conflict as conflict:
        return _show(request, s, deed, form, conflict=conflict, status=409)
    return _done(request, s, event)


def _back(request: StaffRequest, s: Subscription) -> str:
    """Where the person came from: the page of the customer or of a ticket, or that of the subscription."""
    asked = request.POST.get("back") or request.GET.get("back", "")
    is_known = asked == s.customer.get_absolute_url() or _TICKET_PAGE.fullmatch(asked)
    return asked if is_known else s.get_absolute_url()


def _show(request: StaffRequest, s: Subscription, deed: Deed, form: ChangeForm, status: int = 200, **facts: Any) -> HttpResponse:  # fmt: skip
    context = {"s": s, "deed": deed, "form": form, "page_title": deed.title, "back_url": _back(request, s), **facts}
    return render(request, "subscriptions/change.html", context, status=status)


def _done(request: StaffRequest, s: Subscription, event: SubscriptionEvent) -> HttpResponse:
    forget_totals()
    back = _back(request, s)
    undo = reverse("subscription_undo", args=[s.number, event.pk])
    undo = undo if back == s.get_absolute_url() else f"{undo}?back={back}"
    words = _("%(number)s: %(what)s.") % {"number": s.number, "what": what_was_done(event)}
    messages.success(request, words, extra_tags=undo)
    return redirect(back)


def _ordered(request: StaffRequest, s: Subscription, made: Ordered) -> HttpResponse:
    """The order is there; nothing of it is undone by a click."""
    forget_totals()
    if made.order is None:
        messages.success(request, _("%(number)s: the invoice is collected again at once.") % {"number": s.number})
        return redirect(s)
    messages.success(request, _("%(number)s is ordered.") % {"number": made.order.number})
    return redirect(s)


@require_POST
@staff_page(EDIT)
def subscription_skip(request: StaffRequest, number: str) -> HttpResponse:
    """Leave one delivery out at once; the toast takes it back."""
    return _at_once(request, number, "skip", Skip)


@require_POST
@staff_page(EDIT)
def subscription_unskip(request: StaffRequest, number: str) -> HttpResponse:
    """Take one delivery back in at once."""
    return _at_once(request, number, "unskip", Unskip)


def _at_once(request: StaffRequest, number: str, slug: str, kind: Any) -> HttpResponse:
    s, asked = load(number), request.POST.get("number", "")
    wanted = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else None
    change: Change = kind(wanted) if wanted is not None or slug == "skip" else kind(0)
    try:
        event = change_subscription(s.pk, change, by=request.user, now=timezone.now())
    except TooLate as late:
        messages.warning(request, str(late))
        return redirect(
            f"{reverse('subscription_change', args=[number, slug])}?number={asked}&back={_back(request, s)}"
        )
    except (NotAllowed, Conflict) as refusal:
        messages.warning(request, str(refusal))
        return redirect(_back(request, s))
    return _done(request, s, event)


@require_POST
@staff_page(EDIT)
def subscription_undo(request: StaffRequest, number: str, event_id: int) -> HttpResponse:
    """Put everything back as it was before a change, while that can be done."""
    s = load(number)
    if not SubscriptionEvent.objects.filter(pk=event_id, subscription=s).exists():
        raise Http404
    try:
        undo_change(event_id, by=request.user, now=timezone.now())
    except (NotAllowed, TooLate, Conflict) as refusal:
        messages.warning(request, str(refusal))
    else:
        forget_totals()
        messages.success(request, _("Undone. %(number)s is as it was.") % {"number": number})
    return redirect(_back(request, s))
