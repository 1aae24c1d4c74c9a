"""What is one tap on the page of a subscription: skip, take back in, go on, keep, start again, undo, pay, card."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from ordermgmt.access import customer_page
from orders import identity
from orders.actions.deliveries import Skip, Unskip
from orders.actions.ending import Reactivate, TakeBackCancel
from orders.actions.links import CUSTOMER
from orders.actions.pausing import Resume
from orders.actions.subscription_changes import Change, Conflict, undo_change
from orders.actions.subscription_links import card_link, order_link_from_plan, pay_link
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.billing_states import EventKind
from orders.models import Order, SubscriptionLink
from orders.standing import unpaid_case
from orders.views.status_proofs import TOO_OFTEN, wait_words
from orders.views.subscriber import by_link, make, may_change, page_url, refused, show
from orders.views.subscriber_proofs import FRESH, ask_for_proof


def _number(posted: QueryDict) -> int:
    typed = posted.get("number", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 9):
        raise Http404("number")
    return int(typed)


DEEDS: dict[str, Callable[[QueryDict], Change]] = {
    "skip": lambda posted: Skip(_number(posted)),
    "unskip": lambda posted: Unskip(_number(posted)),
    "resume": lambda posted: Resume(),
    "keep": lambda posted: TakeBackCancel(),
    "restart": lambda posted: Reactivate(),
}


@customer_page
@require_POST
@by_link
def subscriber_do(request: HttpRequest, link: SubscriptionLink, deed: str) -> HttpResponse:
    if deed not in DEEDS:
        raise Http404(deed)
    return make(request, link, DEEDS[deed](request.POST))


@customer_page
@require_POST
@by_link
def subscriber_undo(request: HttpRequest, link: SubscriptionLink, event: int) -> HttpResponse:
    """Take back what the customer did; a place they may not see needs the proof again."""
    now, row = timezone.now(), get_object_or_404(link.subscription.events, pk=event)
    if row.kind == EventKind.ADDRESS and not identity.is_proven(request, link.subscription, now):
        return ask_for_proof(link, "address")
    if not may_change(request, link.subscription, now):
        return show(request, link, now=now, problem=wait_words(), status=TOO_OFTEN)
    try:
        undone = undo_change(row.pk, by=CUSTOMER, now=now)
    except (NotAllowed, TooLate, Conflict) as refusal:
        return refused(request, link, str(refusal), now=now)
    return redirect(f"{page_url(link)}?done={undone.pk}")


@customer_page
@require_POST
@by_link
def subscriber_pay(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """To the page where what is owed can be paid."""
    case = unpaid_case(link.subscription)
    if case is None or case.invoice.balance <= 0:
        return redirect("subscriber_page", link.token)
    return redirect("pay", pay_link(link.subscription, case.invoice, now=timezone.now()).token)


@customer_page
@require_POST
@by_link
def subscriber_card(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """To the page where a new card can be left; who changes what pays proves it again within five minutes."""
    now = timezone.now()
    if not identity.is_proven(request, link.subscription, now, within=FRESH):
        return ask_for_proof(link, "card")
    return redirect("pay", card_link(link.subscription, now=now).token)


@customer_page
@require_POST
@by_link
def subscriber_order(request: HttpRequest, link: SubscriptionLink, number: str) -> HttpResponse:
    """To the page of one of its orders, by a link that ends with this one."""
    s = link.subscription
    order = get_object_or_404(Order, delivery__subscription=s, customer=s.customer_id, number=number)
    return redirect("order_status", order_link_from_plan(link, order, now=timezone.now()).token)
