"""How an item of the inbox ends: its cause is gone, and what mended it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_noop

from ordermgmt.clock import local_time
from ordermgmt.exceptions import Ending
from ordermgmt.history import activity
from ordermgmt.models import Activity, ActivityCategory, ExceptionItem, ExceptionState, ExceptionSubject

# A deed may have been written a moment before the look that did not see it yet.
SLACK = timedelta(minutes=2)
# Among the numbers of what is gone, so many are enough to find the deed that ended it.
MOST_ASKED = 200
GONE = Ending(gettext_noop("its cause is gone"))
RETIRED = Ending(gettext_noop("nobody looks for this any more"))
BY_SYSTEM = "System"


def close(items: Sequence[ExceptionItem], endings: Mapping[int, Ending], *, now: datetime) -> None:
    """Inside the caller's transaction: end these items, each with why its cause is gone."""
    lines = []
    for item in items:
        ending = endings.get(item.pk, GONE)
        item.state, item.closed_at, item.closed_by = ExceptionState.CLOSED, now, ending.facts.get("by", BY_SYSTEM)
        item.ending = {"sentence": ending.sentence, "facts": dict(ending.facts)}
        sentence = gettext_noop("Closed by itself: {why}")
        lines.append(
            activity("exception.closed", sentence, subject=item.number, by=None, now=now, why=item.ended_because)
        )
    ExceptionItem.objects.bulk_update(items, ["state", "closed_at", "closed_by", "ending"], batch_size=200)
    Activity.objects.bulk_create(lines)


def told_by_history(items: Sequence[ExceptionItem]) -> dict[int, Ending]:
    """The last deed on one of the records of each item since the rule last saw it: that is what mended it."""
    items_of: dict[str, list[int]] = defaultdict(list)
    subjects = ExceptionSubject.objects.filter(item__in=[item.pk for item in items]).order_by("-pk")
    for pk, number in subjects.values_list("item_id", "number")[:MOST_ASKED]:
        items_of[number].append(pk)
    since = min(item.seen_at for item in items) - SLACK
    deeds = Activity.objects.filter(Q(subject__in=items_of) | Q(thread__in=items_of), at__gte=since)
    quiet = [ActivityCategory.NOTES, ActivityCategory.MESSAGES]
    found: dict[int, Ending] = {}
    for line in deeds.exclude(category__in=quiet).order_by("-at", "-pk")[:MOST_ASKED]:
        for pk in {*items_of.get(line.subject, ()), *items_of.get(line.thread, ())}:
            found.setdefault(pk, _deed(line))
    return found


def _deed(line: Activity) -> Ending:
    facts = {"line": line.sentence, "line_facts": line.facts, "by": line.actor, "at": local_time(line.at)}
    return Ending(gettext_noop("{what} ({by}, {at})"), facts)
