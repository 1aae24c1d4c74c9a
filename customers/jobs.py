"""Background work on tickets."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.actions.mail_keeping import JOB
from customers.actions.mail_working import work_mail
from customers.actions.ticket_ending import close_solved
from customers.models import InboundMail
from customers.ticket_states import MailState
from ordermgmt.jobs import Context, job


@job("close_tickets", title=_("Close solved tickets"), at="03:40", rank=70)
def close_tickets(context: Context) -> dict[str, Any]:
    return {"closed": close_solved(now=context.now)}


@job(JOB, title=_("Read mail of customers"), every=1, rank=60)
def read_mail(context: Context) -> dict[str, Any]:
    return context.work(InboundMail.objects.filter(state=MailState.WAITING), work_mail)
