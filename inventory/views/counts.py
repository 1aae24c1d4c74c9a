"""P18: counts that are asked for, counting blind, deciding."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from inventory.actions.adjusting import AdjustmentRefused, StockChanged
from inventory.actions.count_rounds import (
    CountRefused,
    approve_count,
    count_again,
    enter_counts,
    newest_movement,
    open_counts,
    reject_count,
)
from inventory.actions.counting import lying
from inventory.counting_forms import CountForm, CountsForm, countable, place_name
from inventory.filters import my_warehouses
from inventory.forms import ReasonForm
from inventory.models import Bin, CountEntry, CountTask, Lot, Sku, StockMovement
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.models import User

SHOWN_DONE = timedelta(days=7)
MOST_TASKS = 500


def _tasks(request: HttpRequest) -> Any:
    entries = Prefetch("entries", CountEntry.objects.valid().select_related("by"), to_attr="counts")
    tasks = CountTask.objects.filter(bin__warehouse__in=my_warehouses(request))
    return tasks.select_related("bin__warehouse", "sku").prefetch_related(entries)


@require_GET
@staff_page("inventory.view")
def count_list(request: StaffRequest) -> HttpResponse:
    """What is to be counted, by place; what waits for a decision; what was counted."""
    tasks = _tasks(request).order_by("bin__pick_sequence", "bin__code", "sku__code")
    open_tasks = tasks.filter(done_at=None)
    context = {
        "page": "count-list",
        "page_title": _("Counts"),
        "places": _by_place(open_tasks.to_count()[:MOST_TASKS], request.user),
        "to_decide": open_tasks.to_decide()[:MOST_TASKS],
        "done": tasks.filter(done_at__gte=timezone.now() - SHOWN_DONE).order_by("-done_at")[:50],
        "may_ask": request.user.has_perm("inventory.adjust"),
        "may_count": request.user.has_perm("inventory.adjust") or request.user.has_perm("fulfilment.pick"),
    }
    return render(request, "inventory/counts.html", context)


def _by_place(tasks: QuerySet[CountTask], user: User) -> list[dict[str, Any]]:
    places: dict[Bin, list[Any]] = defaultdict(list)
    for task in tasks:
        places[task.bin].append(task)
    return [
        {
            "bin": place,
            "tasks": asked,
            "reason": asked[0].reason,
            "since": min(task.opened_at for task in asked),
            "again": any(task.counts for task in asked),
            "is_mine": any(all(entry.by_id != user.pk for entry in task.counts) for task in asked),
        }
        for place, asked in places.items()
    ]


@require_GET
@staff_page("inventory.adjust", "fulfilment.pick")
def count_find(request: StaffRequest) -> HttpResponse:
    """The place that was scanned."""
    name = place_name(request.GET.get("place", ""))
    found = list(_places(request).filter(code__iexact=name)[:2]) if name else []
    if len(found) == 1:
        return redirect("count_place", found[0].pk)
    if name:
        words = (
            _("%(code)s is in two of your warehouses. Choose it in the list.")
            if found
            else _("There is no place %(code)s to count.")
        )
        messages.error(request, words % {"code": name})
    return redirect("count_list")


def _places(request: HttpRequest) -> QuerySet[Bin]:
    return countable(Bin.objects.filter(warehouse__in=my_warehouses(request)))


@require_http_methods(["GET", "POST"])
@staff_page("inventory.adjust")
def count_new(request: StaffRequest) -> HttpResponse:
    """Ask for places to be counted."""
    form = CountsForm(request.POST or None, warehouses=my_warehouses(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        tasks = open_counts(places=form.found, reason=reason, by=request.user, now=timezone.now())
        _say_asked(request, len(tasks), len(form.found) - len({task.bin_id for task in tasks}))
        return redirect("count_list")
    context = {"page": "count-new", "page_title": _("New count"), "form": form}
    return render(request, "inventory/count_new.html", context, status=422 if form.errors else 200)


def _say_asked(request: HttpRequest, asked: int, empty: int) -> None:
    words = ngettext("%(n)d item is to be counted.", "%(n)d items are to be counted.", asked) % {"n": asked}
    if empty:
        words += " " + ngettext("Nothing lies in %(n)d place.", "Nothing lies in %(n)d places.", empty) % {"n": empty}
    messages.success(request, words)


@require_http_methods(["GET", "POST"])
@staff_page("inventory.adjust", "fulfilment.pick")
def count_place(request: StaffRequest, pk: int) -> HttpResponse:
    """Count a place without seeing what the books say."""
    place = get_object_or_404(_places(request), pk=pk)
    items = _items(place, request.user)
    form = CountForm(request.POST or None, items=items, since=newest_movement(place))
    context = {"page": "count-place", "page_title": place.code, "place": place, "form": form, "items": items}
    if request.method != "POST":
        return render(request, "inventory/count_place.html", context)
    if not form.is_valid():
        return render(request, "inventory/count_place.html", context, status=422)
    try:
        tasks = enter_counts(
            place=place, found=form.found, since=form.cleaned_data["since"], by=request.user, now=timezone.now()
        )
    except CountRefused as problem:
        items = _items(place, request.user)
        context |= {
            "form": CountForm(None, items=items, since=newest_movement(place)),
            "items": items,
            "conflict": problem,
        }
        return render(request, "inventory/count_place.html", context, status=409)
    _say_counted(request, place, tasks)
    return redirect("count_list")


def _items(place: Bin, user: User) -> list[tuple[Sku, Lot | None]]:
    """Items and lots this person counts there: those asked for, or everything when nothing is."""
    tasks = CountTask.objects.filter(bin=place, done_at=None)
    mine = tasks.countable_by(user).select_related("sku").prefetch_related("sku__codes")
    skus = [task.sku for task in mine.order_by("sku__code")]
    if not tasks:
        here = Sku.objects.filter(bin_stock__bin=place, bin_stock__quantity__gt=0)
        skus = list(here.distinct().order_by("code").prefetch_related("codes"))
    lots: dict[int, list[Lot | None]] = defaultdict(list)
    for row in place.stock.filter(sku__in=skus, quantity__gt=0).select_related("lot").order_by("lot__expires_on", "pk"):
        lots[row.sku_id].append(row.lot)
    return [(sku, lot) for sku in skus for lot in lots[sku.pk] or [None]]


def _say_counted(request: HttpRequest, place: Bin, tasks: list[CountTask]) -> None:
    still = CountTask.objects.filter(pk__in=[task.pk for task in tasks], done_at=None)
    if not still:
        messages.success(request, _("%(bin)s is counted.") % {"bin": place.code})
    elif still.to_count():
        messages.warning(request, _("Thank you. Somebody else counts %(bin)s once more.") % {"bin": place.code})
    else:
        messages.warning(request, _("Thank you. A lead decides on %(bin)s.") % {"bin": place.code})


@require_http_methods(["GET", "POST"])
@staff_page("inventory.adjust")
def count_decide(request: StaffRequest, pk: int) -> HttpResponse:
    """Both counts beside the books: approve, count again, or leave the books."""
    task = get_object_or_404(_tasks(request), pk=pk)
    form, status = ReasonForm(request.POST or None), 200
    if request.method == "POST":
        if form.is_valid() and _decide(request, task, form):
            return redirect("count_list")
        status = 422
    return render(request, "inventory/count_decide.html", _decide_context(task, form), status=status)


def _decide(request: StaffRequest, task: CountTask, form: ReasonForm) -> bool:
    deeds = {
        "approve": (approve_count, _("The count of %(sku)s is in the books.")),
        "again": (count_again, _("%(sku)s is counted anew.")),
        "reject": (reject_count, _("The books of %(sku)s stay as they are.")),
    }
    verb, words = deeds.get(request.POST.get("deed", ""), deeds["again"])
    try:
        verb(task=task, reason=form.reason_words, by=request.user, now=timezone.now())
    except StockChanged:
        form.add_error(None, _("Goods were moved since the count. Let it be counted again."))
    except (CountRefused, AdjustmentRefused) as problem:
        form.add_error(None, str(problem))
    else:
        messages.success(request, words % {"sku": task.sku.code})
        return True
    return False


def _decide_context(task: Any, form: ReasonForm) -> dict[str, Any]:
    there = sum(lying(task).values())
    week = timezone.now() - SHOWN_DONE
    moves = StockMovement.objects.filter(bin=task.bin, sku=task.sku).select_related("lot")
    return {
        "page": "count-decide",
        "page_title": _("Count of %(sku)s in %(bin)s") % {"sku": task.sku.code, "bin": task.bin.code},
        "task": task,
        "form": form,
        "there": there,
        "is_open": task.done_at is None and len(task.counts) > 1,
        "change": task.counts[-1].units - there if task.counts else 0,
        "moves": moves.order_by("-pk")[:12],
        "recent": CountTask.objects.filter(bin=task.bin, opened_at__gte=week).exclude(pk=task.pk).count(),
    }
