"""Deeds on many orders: first a page that says what will happen and what is skipped, then the deed, then the undo."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing.counting import Total, forget_totals, total_of
from ordermgmt.models import User
from ordermgmt.templatetags.portal import number
from orders.actions.holds import AlreadyReleased, NotOpen, release_hold, undo_release
from orders.actions.sorting import assign_orders, untag_orders
from orders.bulk_deeds import DEEDS, Deed, Outcome
from orders.filters import OrderFilters
from orders.models import Order

MOST = 1_000
MOST_TO_UNDO = 100
BULK = ("orders.hold", "orders.release_hold", "orders.edit", "orders.cancel")


class Chosen(NamedTuple):
    """The orders a deed is meant for, at most `MOST`, and how many were wanted."""

    orders: list[Order]
    wanted: Total

    @property
    def are_some(self) -> bool:
        return self.wanted.more or self.wanted.value > len(self.orders)


def _chosen(request: StaffRequest) -> Chosen:
    """The ticked orders, or the first of all that match the list they were on."""
    data, rows = request.POST, Order.objects.with_state().order_by("pk")
    if data.get("matching"):
        found = OrderFilters(QueryDict(data.get("list", "")), queryset=rows, request=request).qs
        orders = list(found[:MOST])
        return Chosen(orders, Total(len(orders)) if len(orders) < MOST else total_of(found))
    keys = {int(pk) for pk in data.getlist("pk") if pk.isascii() and pk.isdecimal() and len(pk) < 19}
    if len(keys) > MOST:
        return Chosen([], Total(len(keys)))
    orders = list(rows.filter(pk__in=keys))
    return Chosen(orders, Total(len(orders)))


@require_POST
@staff_page(*BULK)
def bulk(request: StaffRequest, slug: str) -> HttpResponse:
    """Ask what is still unknown and say who is skipped; do it when confirmed, or at once when nothing is to be asked."""
    deed = DEEDS.get(slug)
    if deed is None:
        raise Http404
    if not request.user.has_perm(deed.permission):
        raise PermissionDenied(deed.permission)
    chosen = _chosen(request)
    orders = chosen.orders
    if chosen.are_some and not orders:
        return _too_many(request, chosen.wanted)
    skipped = [(order, why) for order in orders if (why := deed.why_not(order))]
    able = [order for order in orders if not deed.why_not(order)]
    form = deed.form(request.POST if request.POST.get("confirm") else None)
    is_plain = not form.fields and not skipped and not chosen.are_some and bool(able)
    if able and (is_plain or (request.POST.get("confirm") and form.is_valid())):
        facts = form.cleaned_data if form.is_bound and form.is_valid() else {}
        return _done(
            request, deed, deed.run(able, facts, request.user, timezone.now()), _words_of(request.POST.get("of", ""))
        )
    context = {
        "deed": deed,
        "form": form,
        "orders": able,
        "skipped": skipped,
        "of": str(chosen.wanted) if chosen.are_some else request.POST.get("of", ""),
        "first": len(orders),
        "page_title": deed.title,
        "page": "order-bulk",
    }
    context["button"] = deed.button % {"n": len(able)}
    return render(request, "orders/order_bulk.html", context, status=422 if form.is_bound and form.errors else 200)


def _too_many(request: StaffRequest, wanted: Total) -> HttpResponse:
    words = _("%(n)s orders are too many at once. Narrow the list, for example to one day or one channel, until it has %(most)s at most.")  # fmt: skip
    messages.error(request, words % {"n": wanted, "most": number(MOST)})
    return redirect("order_list")


def _words_of(total: str) -> str:
    """What is said when only the first of all that match were worked; `total` comes from the page before."""
    if not re.fullmatch(r"[\d\s,.]{1,12}\+?", total):
        return ""
    facts = {"most": number(MOST), "total": total}
    return _("These were the first %(most)s of %(total)s. Narrow the list to reach the others.") % facts


def _done(request: StaffRequest, deed: Deed, outcome: Outcome, rest: str = "") -> HttpResponse:
    forget_totals()
    words = ngettext("Done for %(n)d order.", "Done for %(n)d orders.", outcome.done) % {"n": outcome.done}
    messages.success(request, f"{deed.title}: {words}", extra_tags="" if deed.is_final else _undo_url(outcome))
    if rest:
        messages.warning(request, rest)
    for order_number, why in outcome.refused[:20]:
        messages.warning(request, f"{order_number}: {why}")
    return redirect("order_list")


def _undo_url(outcome: Outcome) -> str:
    data = QueryDict(mutable=True)
    for name, value in outcome.undo.items():
        if isinstance(value, list) and not 0 < len(value) <= MOST_TO_UNDO:
            return ""
        data.setlist(name, [str(one) for one in value] if isinstance(value, list) else [value])
    return f"/orders/bulk/undo/?{data.urlencode()}" if data else ""


@require_POST
@staff_page(*BULK)
def bulk_undo(request: StaffRequest) -> HttpResponse:
    """Take back the last deed on many orders, as far as it can be."""
    now, ask = timezone.now(), request.GET
    refused: list[str] = []
    for name, permission, verb in (
        ("release", "orders.hold", release_hold),
        ("again", "orders.release_hold", undo_release),
    ):
        for pk in _keys(request, name, permission):
            refused += _try(verb, pk, by=request.user, now=now)
    untag_orders(_keys(request, "untag", "orders.edit"), tag=ask.get("tag", ""), by=request.user, now=now)
    person = User.objects.filter(pk__in=_keys(request, "to", "orders.edit")).first()
    assign_orders(_keys(request, "unassign", "orders.edit"), to=person, by=request.user, now=now)
    forget_totals()
    for why in refused:
        messages.warning(request, why)
    messages.success(request, _("Taken back."))
    return redirect("order_list")


def _keys(request: StaffRequest, name: str, permission: str) -> list[int]:
    if not request.user.has_perm(permission):
        return []
    return [int(pk) for pk in request.GET.getlist(name) if pk.isascii() and pk.isdecimal() and len(pk) < 19]


def _try(verb: Any, pk: int, *, by: Any, now: datetime) -> list[str]:
    try:
        verb(pk, by=by, now=now)
    except (AlreadyReleased, NotOpen) as refusal:
        return [str(refusal)]
    return []
