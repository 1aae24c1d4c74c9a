"""Waves: what is on the floor, and one wave (P19)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fulfilment.actions.claiming import WaveOver, WaveTaken, is_idle, reassign_wave, take_over
from fulfilment.actions.planning import Choice, plan_waves
from fulfilment.actions.putting_back import NothingToPutBack, put_back
from fulfilment.actions.waves import (
    OneMustStay,
    UnderWay,
    cancel_wave,
    remove_order,
    split_wave,
)
from fulfilment.forms import AutoReleaseForm
from fulfilment.models import AutoRelease, FulfilmentOrder, PickTask, Wave
from fulfilment.reports import progress_of, route, with_figures
from fulfilment.states import WaveStatus
from fulfilment.views.places import here_or_busiest, my_warehouses, person
from inventory.models import Warehouse
from ordermgmt.access import staff_page
from ordermgmt.models import Activity, User

REFUSALS = (WaveTaken, WaveOver, UnderWay)
SHOWN_DONE = timedelta(hours=24)


@require_GET
@staff_page("fulfilment.release", "fulfilment.view")
def wave_list(request: HttpRequest) -> HttpResponse:
    """Waves on the floor, and what is ready for the next."""
    warehouse, now = here_or_busiest(request), timezone.now()
    waves = with_figures(Wave.objects.filter(warehouse=warehouse))
    plan = plan_waves(warehouse, Choice()) if warehouse else None
    rule = AutoRelease.objects.filter(warehouse=warehouse).first()
    context = {
        "page_title": _("Waves"),
        "page": "wave-list",
        "warehouse": warehouse,
        "warehouses": my_warehouses(request),
        "open_waves": waves.unfinished().order_by("due", "pk"),
        "done_waves": waves.filter(status=WaveStatus.DONE, done_at__gte=now - SHOWN_DONE).order_by("-done_at")[:20],
        "ready": plan.ready if plan else 0,
        "excluded": plan.all_left_out if plan else 0,
        "put_back": _to_put_back(warehouse),
        "auto_release": rule,
        "auto_form": AutoReleaseForm(initial=model_to_dict(rule) if rule else None),
        "may_release": person(request).has_perm("fulfilment.release"),
    }
    return render(request, "fulfilment/wave_list.html", context)


def _to_put_back(warehouse: Warehouse | None) -> QuerySet[FulfilmentOrder]:
    works = FulfilmentOrder.objects.to_put_back().filter(warehouse=warehouse).select_related("order")
    return works.annotate(units=Sum("lines__picked")).order_by("cancelled_at")


def _visible(request: HttpRequest, number: str) -> Wave:
    waves = Wave.objects.filter(warehouse__in=Warehouse.objects.for_user(person(request)))
    return get_object_or_404(waves.select_related("warehouse", "picker"), number=number)


@require_GET
@staff_page("fulfilment.release", "fulfilment.view")
def wave(request: HttpRequest, number: str) -> HttpResponse:
    """One wave: progress, orders, route, shorts, and what a lead can do."""
    shown, now = _visible(request, number), timezone.now()
    picks = route(shown)
    works = shown.fulfilment_orders.select_related("order").annotate(
        units=Sum("lines__quantity", default=0), units_picked=Sum("lines__picked", default=0)
    )
    context = {
        "page_title": shown.number,
        "page": "wave",
        "wave": shown,
        "picks": picks,
        "progress": progress_of(picks),
        "works": works.order_by("tote", "pk"),
        "shorts": _shorts(shown),
        "due": min((work.ship_by for work in works if work.ship_by), default=None),
        "history": Activity.objects.of(shown.number)[:20],
        "people": _pickers(shown.warehouse),
        **_rights(request, shown, now),
    }
    return render(request, "fulfilment/wave.html", context)


def _shorts(shown: Wave) -> QuerySet[PickTask]:
    tasks = PickTask.objects.filter(line__work__wave=shown, short__gt=0)
    return tasks.select_related("bin", "line__sku", "line__work__order").order_by("pk")


def _pickers(warehouse: Warehouse) -> list[User]:
    members = User.objects.filter(memberships__warehouse=warehouse, is_active=True).prefetch_related("grants")
    return [one for one in members.order_by("name") if one.has_perm("fulfilment.pick")]


def _rights(request: HttpRequest, shown: Wave, now: datetime) -> dict[str, Any]:
    user = person(request)
    is_open = shown.status in (WaveStatus.OPEN, WaveStatus.PICKING)
    is_taken = shown.picker_id is not None and shown.picker_id != user.pk
    return {
        "is_open": is_open,
        "is_mine": shown.picker_id == user.pk,
        "may_change": is_open and user.has_perm("fulfilment.release"),
        "may_take_over": is_open and is_taken and (is_idle(shown, now) or user.has_perm("fulfilment.override")),
    }


def _do(request: HttpRequest, number: str, action: Callable[[Wave], str]) -> HttpResponse:
    """Run a verb on a wave and say the new fact, or why not."""
    try:
        messages.success(request, action(_visible(request, number)))
    except REFUSALS as problem:
        messages.error(request, str(problem))
    return redirect("wave", number)


@require_POST
@staff_page("fulfilment.pick")
def wave_take_over(request: HttpRequest, number: str) -> HttpResponse:
    def act(shown: Wave) -> str:
        take_over(shown.pk, by=person(request), now=timezone.now())
        return _("%(wave)s is yours") % {"wave": shown}

    return _do(request, number, act)


@require_POST
@staff_page("fulfilment.release")
def wave_reassign(request: HttpRequest, number: str) -> HttpResponse:
    def act(shown: Wave) -> str:
        chosen = request.POST.get("picker", "")
        to = next((one for one in _pickers(shown.warehouse) if str(one.pk) == chosen), None)
        reassign_wave(shown.pk, to=to, by=person(request), now=timezone.now())
        facts = {"wave": shown, "person": to}
        return _("%(person)s picks %(wave)s") % facts if to else _("%(wave)s is free to take") % facts

    return _do(request, number, act)


@require_POST
@staff_page("fulfilment.release")
def wave_split(request: HttpRequest, number: str) -> HttpResponse:
    shown = _visible(request, number)
    chosen = [int(pk) for pk in request.POST.getlist("work") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    try:
        new = split_wave(shown.pk, chosen, by=person(request), now=timezone.now())
    except OneMustStay:
        messages.error(request, _("Choose some of the orders, not none and not all"))
    except REFUSALS as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("%(wave)s has the chosen orders") % {"wave": new})
        return redirect("wave", new.number)
    return redirect("wave", number)


@require_http_methods(["GET", "POST"])
@staff_page("fulfilment.release")
def wave_cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Review first: what is given back; then cancel."""
    if request.method == "GET":
        shown = _visible(request, number)
        progress = progress_of(route(shown))
        context = {"page_title": shown.number, "page": "wave-cancel", "wave": shown, "progress": progress}
        return render(request, "fulfilment/wave_cancel.html", context)

    def act(shown: Wave) -> str:
        cancel_wave(shown.pk, by=person(request), now=timezone.now())
        return _("%(wave)s is cancelled. Its orders wait for the next wave") % {"wave": shown}

    return _do(request, number, act)


@require_POST
@staff_page("fulfilment.release")
def work_remove(request: HttpRequest, number: str) -> HttpResponse:
    """Take an order out of its wave."""
    work = _work(request, number)
    try:
        remove_order(work.pk, by=person(request), now=timezone.now())
        messages.success(request, _("%(order)s waits for the next wave") % {"order": work.order})
    except UnderWay as problem:
        messages.error(request, str(problem))
    return redirect("wave", work.wave.number) if work.wave else redirect("wave_list")


@require_POST
@staff_page("fulfilment.pick", "fulfilment.pack")
def work_put_back(request: HttpRequest, number: str) -> HttpResponse:
    """Goods of a cancelled order are on their shelf again."""
    work = _work(request, number)
    try:
        units = put_back(work.pk, by=person(request), now=timezone.now())
        messages.success(request, _("%(units)s of %(order)s are on the shelf") % {"units": units, "order": work.order})
    except NothingToPutBack:
        messages.info(request, _("Somebody has put it back already"))
    return redirect("wave_list")


def _work(request: HttpRequest, number: str) -> FulfilmentOrder:
    mine = Warehouse.objects.for_user(person(request))
    works = FulfilmentOrder.objects.select_related("order", "wave").filter(warehouse__in=mine)
    return get_object_or_404(works, number=number)
