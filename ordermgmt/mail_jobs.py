"""The job that reads what mail providers told us."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.actions.mail_events import JOB, work_event
from ordermgmt.jobs import Context, job
from ordermgmt.models import MailEvent


@job(JOB, title=_("Read what became of e-mails"), every=1, rank=91)
def mail_events(ctx: Context) -> dict[str, Any]:
    return ctx.work(MailEvent.objects.filter(processed_at=None), work_event)
