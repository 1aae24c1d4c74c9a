"""The job that works changes of many subscriptions."""

from time import monotonic

from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, Summary, job, ring
from orders.actions.bulk_changes import JOB, work_bulk
from orders.models import BulkChange

# A worker's patience with one bell: then it rings for itself and other work gets its turn.
SECONDS_PER_BELL = 30.0


@job(JOB, title=_("Change many subscriptions"), every=1, rank=60)
def bulk_changes(ctx: Context) -> Summary:
    unfinished: list[int] = []

    def handle(bulk: BulkChange, *, now: object) -> None:
        until = monotonic() + SECONDS_PER_BELL
        if not work_bulk(bulk, now=ctx.now, enough=lambda: not ctx.inline and monotonic() > until):
            unfinished.append(bulk.pk)

    summary = ctx.work(BulkChange.objects.select_related("by", "undo_by"), handle)
    for pk in unfinished:
        ring(JOB, pk)
    return summary
