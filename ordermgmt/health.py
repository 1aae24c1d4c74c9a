"""The admin's home: what runs, what failed, what waits."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.listing.counting import Total
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from ordermgmt.watch import figures


@home_part(Role.ADMIN, rank=10)
def health(request: HttpRequest, now: datetime) -> Part:
    seen = figures(now)
    lines = [
        Figure(_("Jobs that failed in 24 h"), Total(seen.jobs_failed_last_day), "/jobs/", "", "bad"),
        Figure(_("Work given up after 8 attempts"), Total(seen.dead_rows), "/jobs/", "", "bad"),
        Figure(_("Work whose worker stopped answering"), Total(seen.leases_overdue), "/jobs/", "", "warn"),
        Figure(_("Tasks in the queue"), Total(seen.queue_waiting), "/jobs/", _oldest(seen.oldest_bell)),
        Figure(
            _("Rules of the books that are broken"), Total(seen.books_broken), "/books/", _proved(seen.books_age), "bad"
        ),
    ]
    return Part(_("Background work"), lines, url="/jobs/", url_label=_("All jobs"))


@home_part(Role.ADMIN, rank=20)
def mail(request: HttpRequest, now: datetime) -> Part:
    waiting = OutgoingMessage.objects.filter(state=MessageState.WAITING).count()
    dead = OutgoingMessage.objects.filter(state=MessageState.DEAD).count()
    lines = [
        Figure(_("E-mails waiting"), Total.of(waiting), "/messages/?state=waiting"),
        Figure(_("E-mails that could not be sent"), Total.of(dead), "/messages/?state=dead", "", "bad"),
    ]
    return Part(_("Mail"), lines)


def _oldest(seconds: float | None) -> str:
    return _("oldest %(age)s") % {"age": portal.duration(seconds)} if seconds else ""


def _proved(seconds: float | None) -> str:
    return _("proved %(age)s ago") % {"age": portal.duration(seconds)} if seconds else _("not yet proved")
