"""The scan screens (P02, P20, P21), the address their scans go to, and the command cards."""

import json
from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fulfilment.actions.auto_release import next_release
from fulfilment.actions.beating import beat
from fulfilment.actions.bench import works_here
from fulfilment.actions.bench_overrides import NotPacked, ReasonNeeded, override_packing, unpack
from fulfilment.actions.claiming import WaveOver, WaveTaken, claim_wave
from fulfilment.actions.labelling import LabelGone, ReasonMissing, reprint_label
from fulfilment.actions.scanning import STATIONS, SequenceTaken, next_job, take_scan
from fulfilment.actions.screens import home_task, pack_task, pick_task
from fulfilment.cards import barcode_svg, cards
from fulfilment.models import BoxType, FulfilmentOrder, Label, ScanEvent, Wave
from fulfilment.reports import progress_of, route
from fulfilment.scans import Scan
from fulfilment.states import Verdict, WorkStatus
from fulfilment.views.places import here, my_warehouses, person
from inventory.models import Warehouse
from ordermgmt.access import staff_data, staff_page
from ordermgmt.clock import business_day, business_zone

LARGEST_EVENT = 4_000
# What a bench goes on with: being packed, or waiting for its label to be scanned.
AT_BENCH = (WorkStatus.PACKING, WorkStatus.PACKED)
LARGEST_NUMBER = 2**31 - 1


class BadEvent(ValueError):
    """A scan event that cannot be read; the sentence names the field."""


@require_POST
@staff_data("fulfilment.pick", "fulfilment.pack")
def scan_events(request: HttpRequest) -> HttpResponseBase:
    """One scan of one device (docs/scanning.md)."""
    try:
        scan = _read_event(request)
        answer = take_scan(scan)
    except BadEvent as problem:
        return JsonResponse({"error": str(problem)}, status=400)
    except SequenceTaken:
        return JsonResponse({"error": "This sequence belongs to another person's scan on this device"}, status=409)
    return JsonResponse(answer)


def _read_event(request: HttpRequest) -> Scan:
    if len(request.body) > LARGEST_EVENT:
        raise BadEvent("The event is too large")
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError) as problem:
        raise BadEvent("The event is not JSON") from problem
    if not isinstance(data, dict):
        raise BadEvent("The event is not a JSON object")
    user = person(request)
    station = _text(data, "station", 20)
    if station not in STATIONS:
        raise BadEvent("station: one of home, pick, pack")
    if not user.has_perm("fulfilment.pack" if station == "pack" else "fulfilment.pick"):
        raise BadEvent("station: your role does not work there")
    return Scan(
        device=_text(data, "device", 40, is_needed=True),
        sequence=_number(data, "sequence", is_needed=True, largest=2**53) or 0,
        station=station,
        task=_text(data, "task", 40),
        code=_text(data, "code", 120, is_needed=True),
        by=user,
        now=timezone.now(),
        milliseconds=_number(data, "ms") or 0,
        found=_number(data, "found"),
        reason=_text(data, "reason", 120),
        weight_g=_number(data, "weight_g"),
        has_scale=data.get("scale") is True,
    )


def _text(data: dict[str, Any], name: str, longest: int, *, is_needed: bool = False) -> str:
    value = data.get(name)
    value = "" if value is None else value
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise BadEvent(f"{name}: text of at most {longest} characters")
    if is_needed and not value.strip():
        raise BadEvent(f"{name}: is missing")
    return value.strip()


def _number(data: dict[str, Any], name: str, *, is_needed: bool = False, largest: int = LARGEST_NUMBER) -> int | None:
    value = data.get(name)
    if value is None and not is_needed:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise BadEvent(f"{name}: a whole number from 0 to {largest}")
    return value


@require_POST
@staff_data("fulfilment.pick", "fulfilment.pack")
def scan_beat(request: HttpRequest) -> HttpResponseBase:
    """A screen that is open keeps its claim, and is told what stops its work."""
    task = request.POST.get("task", "")[:40].replace("\x00", "")
    return JsonResponse({"stop": beat(task, by=person(request), now=timezone.now())})


@require_GET
@staff_page("fulfilment.pick", "fulfilment.pack")
def scan_home(request: HttpRequest) -> HttpResponse:
    """The one next job of a person (P02)."""
    user, warehouse, now = person(request), here(request), timezone.now()
    job = next_job(user, warehouse) if warehouse else None
    context = {
        "page_title": _("Next job"),
        "page": "scan-home",
        "warehouse": warehouse,
        "warehouses": my_warehouses(request),
        "job": _job(job, user) if job else None,
        "next_wave": next_release(warehouse, now) if warehouse and not job else None,
        "bench": works_here(user).filter(packer=user, status=WorkStatus.PACKING).select_related("order").first(),
        "to_pack": works_here(user).filter(status=WorkStatus.PICKED, warehouse=warehouse).count(),
        "put_back": FulfilmentOrder.objects.to_put_back().filter(warehouse=warehouse).count(),
        "today": _today(user, now) | {"packed": _packed_today(user), "on": business_day(now)},
        "task": home_task(),
    }
    return render(request, "fulfilment/scan_home.html", context)


def _job(wave: Wave, user: Any) -> dict[str, Any]:
    progress = progress_of(route(wave))
    due = wave.fulfilment_orders.open().order_by("ship_by").values_list("ship_by", flat=True).first()
    return {"wave": wave, "progress": progress, "due": due, "is_mine": wave.picker_id == user.pk}


def _today(user: Any, now: datetime) -> dict[str, Any]:
    """The person's own scans of today; no ranking."""
    scans = ScanEvent.objects.filter(by=user, at__gte=_midnight(now), undone_at=None)
    return scans.aggregate(
        scans=Count("pk", filter=Q(verdict__in=[Verdict.ACCEPTED, Verdict.LINE_DONE, Verdict.JOB_DONE])),
        lines=Count("pk", filter=Q(verdict__in=[Verdict.LINE_DONE, Verdict.JOB_DONE])),
        wrong=Count("pk", filter=Q(verdict=Verdict.WRONG)),
    )


@require_GET
@staff_page("fulfilment.pick")
def scan_pick_next(request: HttpRequest) -> HttpResponse:
    """Go on with one's own wave or the most urgent free one."""
    warehouse = here(request)
    job = next_job(person(request), warehouse) if warehouse else None
    return redirect("scan_pick_wave", job.number) if job else redirect("scan_home")


@require_GET
@staff_page("fulfilment.pick")
def scan_pick(request: HttpRequest, number: str) -> HttpResponse:
    """The pick screen of a wave (P20). It is claimed by the first person who opens it to pick."""
    user = person(request)
    wave = get_object_or_404(Wave, number=number, warehouse__in=Warehouse.objects.for_user(user))
    if wave.picker_id != user.pk:
        return render(request, "fulfilment/scan_claim.html", _claim_context(wave, user))
    context = {"page_title": wave.number, "page": "scan-pick", "wave": wave, "task": pick_task(wave)}
    return render(request, "fulfilment/scan_pick.html", context)


def _claim_context(wave: Wave, user: Any) -> dict[str, Any]:
    due = wave.fulfilment_orders.open().order_by("ship_by").values_list("ship_by", flat=True).first()
    return {
        "page_title": wave.number,
        "page": "scan-claim",
        "wave": wave,
        "due": due,
        "progress": progress_of(route(wave)),
        "may_take_over": user.has_perm("fulfilment.override"),
        "task": home_task(),
    }


@require_POST
@staff_page("fulfilment.pick")
def scan_claim(request: HttpRequest, number: str) -> HttpResponse:
    """Start picking a wave."""
    user = person(request)
    wave = get_object_or_404(Wave, number=number, warehouse__in=Warehouse.objects.for_user(user))
    try:
        claim_wave(wave.pk, by=user, now=timezone.now())
    except (WaveTaken, WaveOver) as problem:
        messages.error(request, str(problem))
        return redirect("scan_home")
    return redirect("scan_pick_wave", wave.number)


@require_GET
@staff_page("fulfilment.pack")
def scan_pack(request: HttpRequest) -> HttpResponse:
    """The packing bench (P21); it goes on with what this person was packing."""
    user = person(request)
    number = request.GET.get("task", "")
    if not number:
        last = works_here(user).filter(packer=user, status__in=AT_BENCH).order_by("-pack_beat_at").first()
        number = last.number if last else ""
    context = {
        "page_title": _("Packing bench"),
        "page": "scan-pack",
        "warehouse": here(request),
        "task": pack_task(number, user, has_scale=False),
        "today": _packed_today(user),
        "may_override": user.has_perm("fulfilment.override"),
        "code": request.GET.get("code", "")[:60],
    }
    return render(request, "fulfilment/scan_pack.html", context)


def _packed_today(user: Any) -> int:
    return FulfilmentOrder.objects.filter(packer=user, packed_at__gte=_midnight(timezone.now())).count()


def _midnight(now: datetime) -> datetime:
    """When the business day began."""
    return datetime.combine(business_day(now), time(), tzinfo=business_zone())


@require_POST
@staff_page("fulfilment.override")
def pack_override(request: HttpRequest, number: str) -> HttpResponse:
    """A lead vouches for units that were not scanned."""
    work = get_object_or_404(works_here(person(request)), number=number)
    try:
        override_packing(work.pk, by=person(request), reason=request.POST.get("reason", ""), now=timezone.now())
    except ReasonNeeded:
        messages.error(request, _("Say why the units were not scanned"))
    except NotPacked as problem:
        messages.error(request, str(problem))
    return redirect(f"/scan/pack/?task={work.number}")


@require_POST
@staff_page("fulfilment.pack")
def pack_reprint(request: HttpRequest, label_id: int) -> HttpResponse:
    """Void a label and print a new one, with a reason."""
    user = person(request)
    label = get_object_or_404(Label, pk=label_id, carton__shipment__warehouse__in=Warehouse.objects.for_user(user))
    try:
        reprint_label(label.pk, by=user, reason=request.POST.get("reason", ""), now=timezone.now())
    except ReasonMissing:
        messages.error(request, _("Say why the label is printed again"))
    except LabelGone:
        messages.error(request, _("The parcel has left or its label is void already"))
    return redirect(f"/scan/pack/?task={label.carton.shipment.work.number}")


@require_POST
@staff_page("fulfilment.pack")
def pack_again(request: HttpRequest, number: str) -> HttpResponse:
    """Open a packed box again: its label becomes void."""
    work = get_object_or_404(works_here(person(request)), number=number)
    try:
        unpack(work.pk, by=person(request), reason=request.POST.get("reason", ""), now=timezone.now())
    except ReasonNeeded:
        messages.error(request, _("Say why the box is opened again"))
    except NotPacked as problem:
        messages.error(request, str(problem))
    return redirect("scan_pack")


@require_GET
@staff_page("fulfilment.pick", "fulfilment.pack")
def command_cards(request: HttpRequest) -> HttpResponse:
    """Cards to print, laminate and hang at the bench (P47)."""
    boxes = BoxType.objects.filter(is_active=True)
    context = {"page_title": _("Command cards"), "page": "command-cards", "groups": cards(boxes)}
    return render(request, "fulfilment/cards.html", context)


@require_GET
@staff_page("fulfilment.pick", "fulfilment.pack")
def card_barcode(request: HttpRequest, code: str) -> HttpResponse:
    """The Code 128 of a card as an SVG picture."""
    if len(code) > 40 or not code.isascii():
        raise Http404
    return HttpResponse(barcode_svg(code), content_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
