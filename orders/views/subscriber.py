"""P38: the customer's page of a subscription. Looking at it changes nothing; one tap posts what a link asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.ticket_words import told_about
from ordermgmt.access import customer_page
from ordermgmt.limits import address_of, may_try
from ordermgmt.models import OutgoingMessage
from orders import viewing
from orders.actions.links import CUSTOMER
from orders.actions.subscription_changes import Change, Conflict, change_subscription, is_final
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.customer_forms import FindForm
from orders.done_words import done_words
from orders.identity import is_proven
from orders.models import Delivery, Subscription, SubscriptionEvent, SubscriptionLink
from orders.standing import Standing, load_standing
from orders.subscription_words import every
from orders.upcoming import Upcoming
from orders.views.status_proofs import TOO_OFTEN, wait_words

LINK = SubscriptionLink.objects.select_related(
    "subscription__version__plan",
    "subscription__next_version__plan",
    "subscription__customer",
    "subscription__address",
    "subscription__method",
)
MOST_CHANGES, CHANGE_SECONDS = 30, 15 * 60
# A form sent twice by a nervous thumb is one wish.
SAME_TAP = timedelta(minutes=2)
PlanView = Callable[..., HttpResponse]


def by_link(view: PlanView) -> PlanView:
    """Finds the live link of a token and speaks the language of its subscription; says so when it ended or never was."""

    @wraps(view)
    def found(request: HttpRequest, token: str, **more: Any) -> HttpResponse:
        if viewing.is_view(token):
            link = viewing.plan_link(request, token, now=timezone.now())
        else:
            link = LINK.filter(token=token).first()
        if link is not None and viewing.is_view(token) and request.method not in viewing.LOOKS:
            return viewing.refused(request)
        if link is None:
            return render(request, "customer/unknown.html", {"form": FindForm()}, status=404)
        with translation.override(link.subscription.language):
            if not link.is_live(timezone.now()):
                return ended(request, link)
            return view(request, link, **more)

    return found


def ended(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """An expired or revoked link tells nothing of its subscription."""
    has_email = bool(link.subscription.customer.email)
    context = {"new_link_url": reverse("subscriber_new_link", args=[link.token]), "has_email": has_email}
    return render(request, "customer/ended.html", context, status=410)


@customer_page
@require_safe
@by_link
def subscriber_page(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    return show(request, link, now=timezone.now())


def show(
    request: HttpRequest, link: SubscriptionLink, *, now: datetime, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page, with what was just done, what the link asks for, or what could not be done."""
    st = load_standing(link.subscription, now=now)
    context = frame(link, st) | {
        "now": now,
        "problem": problem,
        "is_proven": is_proven(request, link.subscription, now),
        "past": recent_orders(link.subscription),
        "told": told_about(link.subscription.number),
        "written": "written" in request.GET,
    }
    if not problem:
        context |= _done(request, link, st) or _wish(request, st)
    return render(request, "customer/plan.html", context, status=status)


def frame(link: SubscriptionLink, st: Standing) -> dict[str, Any]:
    """What every page of a subscription shows."""
    s = link.subscription
    return {
        "token": link.token,
        "s": s,
        "st": st,
        "plan": s.version.plan,
        "order_number": s.number,
        "every": every(st.interval),
        "page_url": page_url(link),
    }


def page_url(link: SubscriptionLink) -> str:
    return reverse("subscriber_page", args=[link.token])


def recent_orders(s: Subscription) -> list[Delivery]:
    """The last deliveries that became orders of this customer."""
    rows = s.deliveries.filter(order__customer=s.customer_id).select_related("order").order_by("-number")
    return list(rows[:5])


def _done(request: HttpRequest, link: SubscriptionLink, st: Standing) -> dict[str, Any]:
    """What was done, once it was: only what belongs to this subscription."""
    key = request.GET.get("done", "")
    if not (key.isascii() and key.isdigit() and len(key) < 18):
        return {}
    event = link.subscription.events.filter(pk=int(key)).first()
    if event is None:
        return {}
    is_undone = SubscriptionEvent.objects.filter(undoes=event).exists()
    may_undo = not is_undone and not is_final(event) and event.by == CUSTOMER
    mail = OutgoingMessage.objects.filter(about=f"{link.subscription.number} {event.pk}").exclude(recipient="")
    done = done_words(event, st)
    return {"done": done, "event": event, "is_undone": is_undone, "may_undo": may_undo, "is_mailed": mail.exists()}


def _wish(request: HttpRequest, st: Standing) -> dict[str, Any]:
    """What a mail's link asks for is made ready, not done."""
    if request.GET.get("do") != "skip":
        return {}
    typed = request.GET.get("n", "")
    asked = st.at(int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 9 else st.next
    if asked is None or not st.is_active or asked not in st.scheduled or not asked.is_open:
        return {"too_late": _missed(asked, st)}
    return {"wish": asked, "after_wish": st.after(asked)}


def _missed(asked: Upcoming | None, st: Standing) -> str:
    if asked is not None and asked not in st.scheduled:
        return _("It is skipped already.")
    return "" if st.next and not st.next.is_open else _("There is nothing to skip here any more.")


def make(request: HttpRequest, link: SubscriptionLink, change: Change) -> HttpResponse:
    """Do what the customer chose, and show it; or say why not."""
    now, s = timezone.now(), link.subscription
    if not may_change(request, s, now):
        return show(request, link, now=now, problem=wait_words(), status=TOO_OFTEN)
    try:
        event = change_subscription(s.pk, change, by=CUSTOMER, now=now, expected=seen(request))
    except Conflict as refusal:
        known = _same_tap(s, change, now)
        if known is None:
            return refused(request, link, str(refusal), now=now)
        event = known
    except (NotAllowed, TooLate) as refusal:
        return refused(request, link, str(refusal), now=now)
    return redirect(f"{page_url(link)}?done={event.pk}")


def may_change(request: HttpRequest, s: Subscription, now: datetime) -> bool:
    """Counts a change: 30 in 15 minutes for a subscription, 100 for where it comes from."""
    return may_try("subscriber", str(s.pk), most=MOST_CHANGES, seconds=CHANGE_SECONDS, now=now) and may_try(
        "subscriber-from", address_of(request), most=100, seconds=CHANGE_SECONDS, now=now
    )


def refused(request: HttpRequest, link: SubscriptionLink, words: str, *, now: datetime) -> HttpResponse:
    """The page as it is now, with the reason on top."""
    fresh = LINK.get(pk=link.pk)
    return show(request, fresh, now=now, problem=words, status=409)


def seen(request: HttpRequest) -> int | None:
    """The row version the form was shown with."""
    typed = request.POST.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _same_tap(s: Subscription, change: Change, now: datetime) -> SubscriptionEvent | None:
    """What this very form did a moment ago."""
    last = s.events.order_by("-pk").first()
    if last is None or last.kind != change.kind or last.by != CUSTOMER or last.at < now - SAME_TAP:
        return None
    number = getattr(change, "number", None)
    return last if number in (None, last.delivery_number) else None
