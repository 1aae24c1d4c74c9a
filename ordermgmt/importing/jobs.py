"""The job that checks and applies files."""

from time import monotonic

from django.utils.translation import gettext_lazy as _

from ordermgmt.importing.runs import JOB
from ordermgmt.importing.working import work
from ordermgmt.jobs import Context, Summary, job, ring
from ordermgmt.models import ImportRun

# A worker's patience with one bell: then it rings for itself and other work gets its turn.
SECONDS_PER_BELL = 30.0


@job(JOB, title=_("Check and apply imports"), every=1, rank=70)
def imports(context: Context) -> Summary:
    """Work the files that wait; long ones in several goes."""
    unfinished: list[int] = []

    def handle(run: ImportRun, *, now: object) -> None:
        until = monotonic() + SECONDS_PER_BELL
        if not work(run, now=context.now, enough=lambda: not context.inline and monotonic() > until):
            unfinished.append(run.pk)

    summary = context.work(ImportRun.objects.all(), handle)
    for pk in unfinished:
        ring(JOB, pk)
    return summary
