"""Pages for people who keep the portal running: jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from ordermgmt import jobs
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.actions import operations
from ordermgmt.clock import business_zone
from ordermgmt.leases import database_now
from ordermgmt.models import JobRun, JobState, WorkerBeat
from ordermgmt.slots import Every
from ordermgmt.watch import figures


@dataclass(frozen=True)
class JobLine:
    """One row of the table of jobs."""

    job: jobs.Job
    last: JobRun | None
    next_at: datetime | None

    @property
    def schedule(self) -> str:
        when = self.job.when
        if when is None:
            return _("On request")
        if isinstance(when, Every):
            return ngettext("Every minute", "Every %(n)d minutes", when.minutes) % {"n": when.minutes}
        return _("Daily at %(time)s") % {"time": f"{when.at:%H:%M}"}

    @property
    def summary(self) -> str:
        facts = self.last.summary if self.last else {}
        counts = {name: value for name, value in facts.items() if value and not isinstance(value, list)}
        return ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in counts.items())

    @property
    def put_off_because(self) -> list[str]:
        """Why rows that were due wait, with their number."""
        rows: list[str] = self.last.summary.get("put_off_because", []) if self.last else []
        return rows

    @property
    def failed_rows(self) -> list[str]:
        """The rows that could not be worked, each with its error."""
        rows: list[str] = self.last.summary.get("failed_rows", []) if self.last else []
        return rows


class RunJobForm(forms.Form):
    """Which job, and as of when (empty: now)."""

    name = forms.ChoiceField(label=gettext_lazy("Job"))
    as_of = forms.DateTimeField(
        label=gettext_lazy("As of"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Local time of the office; empty means now"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = [(item.name, item.title) for item in jobs.in_order()]  # type: ignore[attr-defined]

    def clean_as_of(self) -> datetime:
        moment: datetime | None = self.cleaned_data["as_of"]
        return moment.replace(tzinfo=business_zone()) if moment else timezone.now()


@require_safe
@staff_page("jobs.view")
def job_list(request: StaffRequest) -> HttpResponse:
    """Jobs, their schedule, last run and progress; what failed and what was given up."""
    form = RunJobForm() if request.user.has_perm("jobs.run") else None
    return render(request, "operations/jobs.html", {"form": form, **_jobs_context()})


@require_safe
@staff_page("jobs.view")
def job_rows(request: StaffRequest) -> HttpResponse:
    """The part of the page of jobs that changes by itself."""
    return render(request, "operations/job_rows.html", _jobs_context())


@require_POST
@staff_page("jobs.run")
def job_run(request: StaffRequest) -> HttpResponse:
    form = RunJobForm(request.POST)
    if not form.is_valid():
        return render(request, "operations/jobs.html", {"form": form, **_jobs_context()}, status=422)
    name, as_of = form.cleaned_data["name"], form.cleaned_data["as_of"]
    operations.run_job(name, as_of=as_of, by=request.user, now=timezone.now())
    messages.success(request, _("%(job)s starts within seconds.") % {"job": jobs.find(name).title})
    return redirect("job_list")


@require_POST
@staff_page("jobs.run")
def job_retry(request: StaffRequest, label: str, pk: int) -> HttpResponse:
    """Try work that was given up again."""
    try:
        row = operations.retry_dead(label, pk, by=request.user, now=timezone.now())
        messages.success(request, _("%(what)s is tried again.") % {"what": row})
    except operations.NotDead:
        messages.warning(request, _("This work is not given up any more: somebody tried it again already."))
    return redirect("job_list")


@require_safe
@staff_page("jobs.view")
def run_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One run with its full error."""
    run = JobRun.objects.filter(pk=pk).first()
    if run is None:
        raise Http404
    item = jobs.REGISTRY.get(run.name)
    context = {"run": run, "page": "job-run", "page_title": item.title if item else run.name}
    return render(request, "operations/run.html", context)


def _jobs_context() -> dict[str, Any]:
    now = database_now()
    return {
        "page": "jobs",
        "page_title": _("Jobs"),
        "lines": list(_job_lines(now)),
        "failures": JobRun.objects.filter(state=JobState.FAILED).order_by("-started_at", "-pk")[:20],
        "dead": [(row._meta.label_lower, row) for row in operations.dead_rows()],
        "beats": WorkerBeat.objects.order_by("cluster"),
        "figures": figures(now),
        "now": now,
    }


def _job_lines(now: datetime) -> Iterator[JobLine]:
    latest = JobRun.objects.values("name").annotate(pk_=Max("pk")).values_list("pk_", flat=True).order_by()
    runs = {run.name: run for run in JobRun.objects.filter(pk__in=list(latest))}
    for item in jobs.in_order():
        yield JobLine(item, runs.get(item.name), item.when.next_slot(now) if item.when else None)
