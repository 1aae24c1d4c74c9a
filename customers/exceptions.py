"""What a person of support must decide about tickets and what customers say."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from customers import feedback_exceptions  # noqa: F401  registers the rule of feedback
from customers.models import Ticket
from customers.ticket_words import short_clock
from ordermgmt.blocking import Fix
from ordermgmt.counted_rules import CountedRule
from ordermgmt.exceptions import MOST_SUBJECTS, Cause, Row, exception_rule
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role

ROWS_SHOWN = 20


@exception_rule
class TicketsPastTarget(CountedRule):
    """Customers who wait for longer than was promised to them: one item for all, the longest wait first."""

    name: ClassVar[str] = "ticket_past_target"
    title: ClassVar[Any] = _("Ticket past its target")
    owner_role: ClassVar[str] = Role.SUPPORT
    target: ClassVar[timedelta] = timedelta(hours=2)
    tone: ClassVar[str] = "warn"
    permission: ClassVar[str] = "tickets.work"
    counted: ClassVar[Any] = ngettext_lazy(
        "%(n)s ticket is past its target", "%(n)s tickets are past their target", "count"
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        late = Ticket.objects.past_target(now).order_by("due_at", "pk")
        rows = list(late.values_list("number", "due_at", "assignee")[: MOST_SUBJECTS + 1])
        if not rows:
            return []
        count = len(rows) if len(rows) <= MOST_SUBJECTS else late.count()
        nobody = sum(assignee is None for _number, _due, assignee in rows)
        numbers = [number for number, _due, _assignee in rows[:MOST_SUBJECTS]]
        return [Cause(since=rows[0][1] or now, subjects=numbers, count=count, facts={"nobody": nobody})]

    def why(self, item: ExceptionItem) -> str:
        nobody = int(item.facts.get("nobody", 0))
        return ngettext("%(n)s of them is nobody's", "%(n)s of them are nobody's", nobody) % {"n": nobody} if nobody else ""  # fmt: skip

    def rows_url(self, item: ExceptionItem) -> str:
        return "/tickets/?view=all&due=past&sort=due"

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        late = Ticket.objects.past_target(now).select_related("customer").order_by("due_at", "pk")[:ROWS_SHOWN]
        return [Row(t.number, t.get_absolute_url(), f"{t.who}: {t.subject}", short_clock(t, now).words) for t in late]

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Answer them"), self.rows_url(item), permission="tickets.work")]
