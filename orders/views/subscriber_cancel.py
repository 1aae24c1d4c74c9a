"""P39: cancelling, as easily as it was begun: one review page, one tap, a mail at once."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from ordermgmt.access import customer_page
from ordermgmt.money import ZERO
from orders.actions.accounts import balance_of
from orders.actions.ending import NOW, Cancel
from orders.actions.links import CUSTOMER
from orders.actions.returning_money import GiveBack
from orders.actions.subscription_changes import preview_change
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.models import SubscriptionLink
from orders.standing import Standing, load_standing
from orders.subscriber_choices import look, pauses
from orders.subscriber_forms import NO_REASON, CancelForm
from orders.views.subscriber import by_link, frame, make, page_url


@customer_page
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def subscriber_cancel(request: HttpRequest, link: SubscriptionLink) -> HttpResponse:
    """What ends and when, then the button; what might help instead once, below it."""
    now, s = timezone.now(), link.subscription
    st = load_standing(s, now=now)
    if st.is_over or s.ends_on is not None:
        return redirect(page_url(link))
    # A paused one ends at once: there is nothing to choose.
    owed = s.deliveries_owed if st.is_active else 0
    form = CancelForm(request.POST if request.method == "POST" else None, owed=owed)
    if form.is_valid():
        return make(request, link, _wanted(form))
    context = frame(link, st) | {"form": form, **_review(st)}
    return render(request, "customer/plan_cancel.html", context, status=422 if form.is_bound else 200)


def _wanted(form: CancelForm) -> Cancel:
    """When what is paid has come; or at once, the rest paid back after somebody here approved it."""
    reason = form.cleaned_data["reason"]
    return Cancel(reason, NOW, give_back=GiveBack.REFUND) if form.wants_back else Cancel(reason)


def _review(st: Standing) -> dict[str, Any]:
    """What cancelling does, by doing it and taking it back; or why it is not possible here."""
    now, s = timezone.now(), st.s
    try:
        plan = preview_change(s.pk, Cancel(NO_REASON), by=CUSTOMER, now=now)
    except (NotAllowed, TooLate) as refusal:
        return {"not_possible": str(refusal)}
    return {
        "comes": [u for u in plan.after if u.status == "scheduled"],
        "orders": plan.orders,
        "owed": sum((invoice.balance for invoice in plan.invoices), ZERO),
        "credit": balance_of(s.customer, s.currency),
        "given_back": plan.credited,
        "pause": _pause(st),
        "may_skip": st.next is not None and st.next.is_open,
    }


def _pause(st: Standing) -> Any:
    if not st.is_active or st.next is None or not st.next.is_open:
        return None
    return next((choice for choice in pauses(look(st.s, now=timezone.now())) if choice.months == 2), None)
