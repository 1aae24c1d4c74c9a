"""Closing a month: what is done, what is left, and where (P05)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.clock import business_day, business_zone
from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.listing.counting import Total
from ordermgmt.models import Activity, JobRun, JobState
from ordermgmt.proofs import all_proved_at, broken_now
from ordermgmt.roles import Role
from orders.billing_states import RefundStatus
from orders.models import Payout, Refund
from orders.revenue_report import next_month


@dataclass(frozen=True)
class Task:
    """A step: done, begun (`left` things to do), or not begun."""

    label: str
    url: str
    is_done: bool
    left: int = 0

    @property
    def words(self) -> str:
        if self.is_done:
            return _("Completed")
        return ngettext("%(n)s left", "%(n)s left", self.left) % {"n": self.left} if self.left else _("Not started")


@home_part(Role.FINANCE, rank=8)
def closing(request: HttpRequest, now: datetime) -> Part:
    """The steps of the month that ended last."""
    first = last_month(business_day(now))
    figures = [
        Figure(task.label, Total(task.left), task.url, task.words, tone="good" if task.is_done else "")
        for task in tasks(first)
    ]
    title = _("Close %(month)s") % {"month": date_format(first, "F Y")}
    return Part(title, figures, looks="tasks", url=reverse("revenue"), url_label=_("Revenue"))


def tasks(first: date) -> Iterator[Task]:
    """In the order they are worked; `first` is the first day of the month."""
    end = next_month(first)
    ended = datetime.combine(end, time(), business_zone())
    open_payouts = Payout.objects.filter(arrives_on__lt=end, matched_at=None).count()
    yield Task(
        _("Find every payout at the bank"), f"{reverse('payout_list')}?view=unmatched", not open_payouts, open_payouts
    )
    undecided = Refund.objects.filter(status=RefundStatus.REQUESTED, requested_at__lt=ended).count()
    yield Task(_("Decide on refunds"), f"{reverse('refund_list')}?view=all&status=requested", not undecided, undecided)
    ran = JobRun.objects.filter(name="recognise_revenue", state=JobState.DONE, as_of__gte=ended).exists()
    yield Task(_("Recognise revenue"), reverse("revenue"), ran)
    proved_at, broken = all_proved_at(), len(broken_now())
    yield Task(_("Prove the books"), reverse("books"), bool(proved_at and proved_at >= ended and not broken), broken)
    exported = Activity.objects.filter(verb="journal.exported", subject=f"journal:{first:%Y-%m}").exists()
    yield Task(_("Hand the journal to the accountant"), f"{reverse('journal')}?month={first:%Y-%m}", exported)


def last_month(day: date) -> date:
    """The first day of the month that had ended last on a day."""
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)
