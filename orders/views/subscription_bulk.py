"""The same change to many subscriptions: ask, try out and show, start; then how far it is, and its undo."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing.counting import forget_totals
from ordermgmt.templatetags.portal import number as number_words
from orders.actions.bulk_changes import UNDO_FOR, CannotUndo, start_bulk, undo_all
from orders.bulk_trial import try_out
from orders.bulk_wishes import WISHES, Wish, WishForm, change_of
from orders.models import BulkChange, Subscription, SubscriptionEvent
from orders.subscription_filters import SubscriptionFilters, subscriptions_with_next
from orders.views.subscription_diff import diff_of

MOST = 5_000
EDIT = "subscriptions.edit"


def _chosen(request: StaffRequest) -> list[Subscription]:
    """The ticked ones, or all that match the list they were on (at most one more than may be)."""
    data, rows = request.POST, subscriptions_with_next().select_related("customer").order_by("pk")
    if data.get("matching"):
        return list(SubscriptionFilters(QueryDict(data.get("list", "")), queryset=rows, request=request).qs[: MOST + 1])
    keys = {int(pk) for pk in data.getlist("pk") if pk.isascii() and pk.isdecimal() and len(pk) < 19}
    return list(rows.filter(pk__in=list(keys)[: MOST + 1]))


@require_POST
@staff_page(EDIT)
def subscription_bulk(request: StaffRequest, slug: str) -> HttpResponse:
    wish = WISHES.get(slug)
    if wish is None:
        raise Http404(slug)
    chosen = _chosen(request)
    if not chosen or len(chosen) > MOST:
        words = _("Choose at least one subscription and at most %(most)s.") % {"most": number_words(MOST)}
        messages.error(request, words)
        return redirect("subscription_list")
    form = wish.form(request.POST if "asked" in request.POST or not wish.form.base_fields else None)
    if not form.is_bound or not form.is_valid():
        return _show(request, wish, form, chosen, status=422 if form.errors else 200)
    if "confirm" in request.POST:
        keys, tells = [s.pk for s in chosen], "tell" in request.POST
        bulk = start_bulk(slug, form.facts(), keys, tells=tells, by=request.user, now=timezone.now())
        return redirect("subscription_bulk_run", bulk.number)
    change = change_of(slug, form.facts())
    trial = try_out(chosen, change, by=request.user, now=timezone.now())
    odd = [{"s": s, "rows": diff_of(plan, s)} for s, plan in trial.oddest]
    return _show(request, wish, form, chosen, trial=trial, odd=odd)


def _show(request: StaffRequest, wish: Wish, form: WishForm, chosen: list[Subscription], status: int = 200, **facts: Any) -> HttpResponse:  # fmt: skip
    context = {"wish": wish, "form": form, "chosen": chosen, "page_title": wish.title, "page": "subscription-bulk"}
    return render(request, "subscriptions/bulk.html", context | facts, status=status)


@staff_page("subscriptions.view")
def subscription_bulk_run(request: StaffRequest, number: str) -> HttpResponse:
    """Progress, then what was done and what was refused."""
    run = get_object_or_404(BulkChange.objects.select_related("by"), number=number)
    is_working = run.dead_at is None and (
        run.finished_at is None or (run.undo_at is not None and run.undone_at is None)
    )
    events = SubscriptionEvent.objects.filter(bulk=number, undoes=None).select_related("subscription").order_by("pk")
    context = {
        "page": "subscription-bulk-run", "run": run, "title": WISHES[run.kind].title, "is_working": is_working,
        "events": list(events[:100]),
        "may_undo": request.user.has_perm(EDIT) and run.finished_at is not None and run.undo_at is None
        and run.finished_at >= timezone.now() - UNDO_FOR and run.done > 0,
    }  # fmt: skip
    is_fragment = request.headers.get("HX-Target") == "bulk-run"
    template = "subscriptions/bulk_rows.html" if is_fragment else "subscriptions/bulk_run.html"
    response = render(request, template, context)
    if is_fragment and not is_working:
        forget_totals()
        response["HX-Refresh"] = "true"
    return response


@require_POST
@staff_page(EDIT)
def subscription_bulk_undo(request: StaffRequest, number: str) -> HttpResponse:
    run = get_object_or_404(BulkChange, number=number)
    try:
        undo_all(run.pk, by=request.user, now=timezone.now())
    except CannotUndo as refusal:
        messages.warning(request, str(refusal))
    return redirect("subscription_bulk_run", number)
