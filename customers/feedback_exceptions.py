"""Customers who were not happy, and whom nobody has answered yet."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from customers.models import Feedback, FeedbackReason
from ordermgmt.blocking import Fix
from ordermgmt.counted_rules import CountedRule
from ordermgmt.exceptions import MOST_SUBJECTS, Cause, Row, exception_rule
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role

ROWS_SHOWN = 20


@exception_rule
class LowFeedback(CountedRule):
    """Scores of 1 and 2: one item for all, the oldest first."""

    name: ClassVar[str] = "feedback.low"
    title: ClassVar[Any] = _("Unhappy customers")
    owner_role: ClassVar[str] = Role.SUPPORT
    target: ClassVar[timedelta] = timedelta(hours=8)
    permission: ClassVar[str] = "customers.edit"
    counted: ClassVar[Any] = ngettext_lazy(
        "%(n)s customer gave 1 or 2 of 5", "%(n)s customers gave 1 or 2 of 5", "count"
    )

    def causes(self, now: datetime) -> Iterable[Cause]:
        low = Feedback.objects.low().order_by("given_at", "pk")
        rows = list(low.values_list("order_number", "given_at", "reasons")[: MOST_SUBJECTS + 1])
        if not rows:
            return []
        count = len(rows) if len(rows) <= MOST_SUBJECTS else low.count()
        reasons = Counter(reason for _number, _at, said in rows for reason in said)
        facts = dict(zip(("reason", "said"), reasons.most_common(1)[0], strict=True)) if reasons else {}
        numbers = [number for number, _at, _said in rows[:MOST_SUBJECTS]]
        return [Cause(since=rows[0][1] or now, subjects=numbers, count=count, facts=facts)]

    def why(self, item: ExceptionItem) -> str:
        known = dict(FeedbackReason.choices)
        reason = known.get(str(item.facts.get("reason", "")))
        said = int(item.facts.get("said", 0))
        words = ngettext("%(n)s says “%(reason)s”", "%(n)s say “%(reason)s”", said)
        return words % {"n": said, "reason": str(reason).lower()} if reason else ""

    def rows_url(self, item: ExceptionItem) -> str:
        return "/feedback/?view=low"

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        low = Feedback.objects.low().select_related("customer").order_by("given_at", "pk")[:ROWS_SHOWN]
        return [
            Row(
                row.order_number,
                row.get_absolute_url(),
                f"{row.customer}: {row.comment or ', '.join(row.reason_words)}",
            )
            for row in low
        ]

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        return [Fix(_("Answer them"), self.rows_url(item), permission="customers.edit")]
