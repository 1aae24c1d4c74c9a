"""Background work on tickets, and on copies of what we hold about people."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.actions.exporting import JOB as EXPORT_JOB
from customers.actions.exporting import delete_expired, make_export
from customers.actions.mail_keeping import JOB
from customers.actions.mail_working import work_mail
from customers.actions.ticket_ending import close_solved
from customers.models import ExportState, InboundMail, PersonalExport
from customers.ticket_states import MailState
from ordermgmt.jobs import Context, job


@job("close_tickets", title=_("Close solved tickets"), at="03:40", rank=70)
def close_tickets(context: Context) -> dict[str, Any]:
    return {"closed": close_solved(now=context.now)}


@job(JOB, title=_("Read mail of customers"), every=1, rank=60)
def read_mail(context: Context) -> dict[str, Any]:
    return context.work(InboundMail.objects.filter(state=MailState.WAITING), work_mail)


@job(EXPORT_JOB, title=_("Copy what we hold about people who asked"), every=1, rank=75, timeout=280)
def export_personal_data(context: Context) -> dict[str, Any]:
    return context.work(PersonalExport.objects.filter(state=ExportState.WAITING), make_export)


@job("delete_exports", title=_("Delete copies of personal data after a week"), at="03:50", rank=76)
def delete_exports(context: Context) -> dict[str, Any]:
    return {"deleted": delete_expired(now=context.now)}
