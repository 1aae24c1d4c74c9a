"""The run page of renewals: what comes tomorrow, what runs, what it did, what it put aside, what is stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Min
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions import operations
from ordermgmt.models import JobRun, JobState
from orders.actions.missed import AGAIN, MOVE, SHIP_ALL, SHIP_ONE, move_calendar, replay, replay_all, ship_all, ship_one
from orders.actions.renewal_stops import StopRefused, lift_stop, stop_renewals
from orders.catching_up import MISSED, CannotRenew
from orders.forms import RenewalStopForm
from orders.models import Delivery, ReckoningFinding, RenewalStop
from orders.preflight import CAUSES, preflight
from orders.renewal_book import open_stops

JOB = "renewals"
RUNS, ROWS = 15, 50
DEEDS = {AGAIN: replay, SHIP_ALL: ship_all, SHIP_ONE: ship_one, MOVE: move_calendar}


@dataclass(frozen=True)
class Cause:
    """Parked deliveries with the same reason; `rows` are the oldest of `count`."""

    code: str
    words: str
    count: int
    since: datetime
    rows: Sequence[Delivery]

    @property
    def is_missed(self) -> bool:
        return self.code == MISSED


@require_safe
@staff_page("renewals.run")
def renewal_page(request: StaffRequest) -> HttpResponse:
    return _page(request, RenewalStopForm())


def _page(request: StaffRequest, form: RenewalStopForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    context = {
        "form": form,
        "causes": _causes(),
        "stops": list(open_stops(now).values()),
        "findings": ReckoningFinding.objects.filter(gone_at=None).count(),
        "page": "renewals",
        "page_title": _("Renewals"),
        **_runs(now),
    }
    return render(request, "renewals/page.html", context, status=status)


@require_safe
@staff_page("renewals.run")
def renewal_rows(request: StaffRequest) -> HttpResponse:
    """The part that changes by itself."""
    return render(request, "renewals/runs.html", _runs(timezone.now()))


def _runs(now: datetime) -> dict[str, Any]:
    """Runs that found something, the latest first; the one that works now apart."""
    rows = JobRun.objects.filter(name=JOB)
    return {
        "due": Delivery.objects.due(now).count(),
        "running": rows.filter(state=JobState.RUNNING).order_by("-started_at").first(),
        "runs": rows.exclude(summary={}).exclude(summary__due=0).order_by("-started_at")[:RUNS],
        "last": rows.exclude(finished_at=None).order_by("-started_at").first(),
    }


def _causes() -> list[Cause]:
    parked = Delivery.objects.filter(parked_at__isnull=False, is_next=True)
    groups = parked.order_by().values("parked_code").annotate(n=Count("pk"), since=Min("parked_at")).order_by("-n")
    rows = parked.select_related("subscription__customer").order_by("parked_at", "pk")
    return [
        Cause(
            group["parked_code"],
            str(CAUSES.get(group["parked_code"], group["parked_code"])),
            group["n"],
            group["since"],
            list(rows.filter(parked_code=group["parked_code"])[:ROWS]),
        )
        for group in groups
    ]


@require_safe
@staff_page("renewals.run")
def renewal_preflight(request: StaffRequest) -> HttpResponse:
    """What falls due until tomorrow; worked out anew each time."""
    context = {"flight": preflight(now=timezone.now()), "page": "renewal-preflight", "page_title": _("Until tomorrow")}
    return render(request, "renewals/preflight.html", context)


@require_POST
@staff_page("renewals.run")
def renewal_run(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    operations.run_job(JOB, as_of=now, by=request.user, now=now)
    messages.success(request, _("The run starts within seconds."))
    return redirect("renewals")


@require_POST
@staff_page("renewals.run")
def renewal_decide(request: StaffRequest, pk: int, deed: str) -> HttpResponse:
    """What happens to one that was put aside."""
    if deed not in DEEDS or not Delivery.objects.filter(pk=pk).exists():
        raise Http404
    try:
        DEEDS[deed](pk, by=request.user, now=timezone.now())
    except CannotRenew as fault:
        messages.warning(request, str(fault))
    else:
        messages.success(request, _("Done: it is with the others again."))
    return redirect("renewals")


@require_POST
@staff_page("renewals.run")
def renewal_replay(request: StaffRequest) -> HttpResponse:
    """All that were put aside for one reason are tried again."""
    parked = Delivery.objects.filter(parked_at__isnull=False, is_next=True)
    own = parked.filter(parked_code=request.POST.get("code", "")).order_by("parked_at")
    tally = replay_all(list(own.values_list("pk", flat=True)[:1000]), by=request.user, now=timezone.now())
    words = ngettext("%(n)s ordered.", "%(n)s ordered.", tally.done) % {"n": tally.done}
    if tally.failed:
        messages.warning(request, f"{words} " + _("%(n)s still cannot be ordered.") % {"n": len(tally.failed)})
    else:
        messages.success(request, words)
    return redirect("renewals")


@require_POST
@staff_page("renewals.run")
def renewal_stop(request: StaffRequest) -> HttpResponse:
    form = RenewalStopForm(request.POST)
    if form.is_valid():
        try:
            stop_renewals(**form.cleaned_data, by=request.user, now=timezone.now())
        except StopRefused as refused:
            form.add_error("reference" if form.cleaned_data["scope"] != "all" else "scope", str(refused))
        else:
            messages.success(request, _("Stopped. What is due waits until it is lifted."))
            return redirect("renewals")
    return _page(request, form, status=422)


@require_POST
@staff_page("renewals.run")
def renewal_lift(request: StaffRequest, pk: int) -> HttpResponse:
    if not RenewalStop.objects.filter(pk=pk).exists():
        raise Http404
    lift_stop(pk, by=request.user, now=timezone.now())
    messages.success(request, _("Lifted. What waits is ordered with the next run."))
    return redirect("renewals")


@require_safe
@staff_page("renewals.run")
def renewal_findings(request: StaffRequest) -> HttpResponse:
    """Where expected and actual deliveries differ."""
    rows = ReckoningFinding.objects.select_related("subscription")
    last = JobRun.objects.filter(name="reckoning", state=JobState.DONE).order_by("-started_at").first()
    context = {
        "open": rows.filter(gone_at=None).order_by("-found_at", "-pk")[:200],
        "gone": rows.exclude(gone_at=None).order_by("-gone_at", "-pk")[:50],
        "last": last,
        "page": "renewal-findings",
        "page_title": _("Expected and actual deliveries"),
    }
    return render(request, "renewals/findings.html", context)
