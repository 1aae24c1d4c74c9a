"""One look of a rule at what is wrong now: items are opened, followed and closed by themselves.

Set-based: the same number of statements for any number of rows and causes. Safe to run twice and by two workers:
live items are locked before the rule looks, and UNIQUE(rule, cause) keeps one of two that open the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

from ordermgmt.clock import local_time
from ordermgmt.exceptions import MOST_SUBJECTS, REGISTRY, Cause, Ending, ExceptionRule, in_order
from ordermgmt.history import activity
from ordermgmt.models import Activity, ActivityCategory, ExceptionItem, ExceptionState, ExceptionSubject
from ordermgmt.money import round_money

FOLLOWED = ("state", "since", "target_at", "count", "amounts", "worth", "facts")
# A deed may have been written a moment before the look that did not see it yet.
SLACK = timedelta(minutes=2)
# Among the numbers of what is gone, so many are enough to find the deed that ended it.
MOST_ASKED = 200
GONE = Ending(gettext_noop("its cause is gone"))
RETIRED = Ending(gettext_noop("nobody looks for this any more"))
BY_SYSTEM = "System"


@dataclass
class Looked:
    """What one look did."""

    opened: int = 0
    reopened: int = 0
    closed: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Looked") -> None:
        self.opened, self.reopened = self.opened + other.opened, self.reopened + other.reopened
        self.closed += other.closed

    def as_dict(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"opened": self.opened, "reopened": self.reopened, "closed": self.closed}
        if self.failed:
            facts |= {"failed": len(self.failed), "failed_rows": [f"{k}: {v}" for k, v in self.failed.items()]}
        return facts


@transaction.atomic(durable=True)
def look(rule: ExceptionRule, *, now: datetime) -> Looked:
    """Bring the items of one rule up to date."""
    # Closes the race of two workers looking at once: the second waits, then sees what the first wrote.
    live = {item.cause: item for item in _live(rule.name)}
    causes = {cause.key[:120]: cause for cause in rule.causes(now)}
    gone = [item for key, item in live.items() if key not in causes]
    met = [(live[key], cause) for key, cause in causes.items() if key in live]
    opened = _open(rule, {key: cause for key, cause in causes.items() if key not in live}, now)
    reopened = _follow(rule, met, now)
    close(gone, {**_told_by_history(gone), **rule.endings(gone, now)} if gone else {}, now=now)
    return Looked(opened, reopened, len(gone))


@transaction.atomic(durable=True)
def close_retired(*, now: datetime) -> int:
    """Close what rules opened that are no longer part of the product."""
    items = list(ExceptionItem.objects.live().exclude(rule__in=list(REGISTRY)).select_for_update().order_by("pk"))
    close(items, {item.pk: RETIRED for item in items}, now=now)
    return len(items)


def refresh(*, now: datetime, rules: Iterable[ExceptionRule] | None = None) -> Looked:
    """Let every rule look, each in its own transaction; a rule that fails keeps its items and not the others."""
    found = Looked()
    for rule in _whose_turn(now) if rules is None else rules:
        try:
            found.add(look(rule, now=now))
        except Exception as error:
            found.failed[rule.name] = f"{type(error).__name__}: {error}"[:300]
    if rules is None:
        found.closed += close_retired(now=now)
    return found


def _whose_turn(now: datetime) -> list[ExceptionRule]:
    minute = int(now.timestamp()) // 60
    return [rule for rule in in_order() if minute % rule.every == 0]


def _live(rule: str) -> list[ExceptionItem]:
    return list(ExceptionItem.objects.live().filter(rule=rule).select_for_update().order_by("pk"))


def _open(rule: ExceptionRule, causes: Mapping[str, Cause], now: datetime) -> int:
    if not causes:
        return 0
    fresh = [
        ExceptionItem(
            rule=rule.name,
            cause=key,
            owner_role=cause.owner_role or rule.owner_role,
            opened_at=now,
            seen_at=now,
            **_facts(rule, cause),
        )
        for key, cause in causes.items()
    ]
    ExceptionItem.objects.bulk_create(fresh, ignore_conflicts=True)
    pks = dict(ExceptionItem.objects.live().filter(rule=rule.name, opened_at=now).values_list("cause", "pk"))
    mine = {pks[key]: cause for key, cause in causes.items() if key in pks}
    _add_subjects({pk: cause.subjects[:MOST_SUBJECTS] for pk, cause in mine.items()})
    return len(mine)


def _facts(rule: ExceptionRule, cause: Cause) -> dict[str, Any]:
    amounts = {code: str(round_money(amount, code)) for code, amount in sorted(cause.amounts.items()) if amount}
    return {
        "since": cause.since,
        "target_at": cause.target_at or cause.since + rule.target,
        "count": cause.rows,
        "amounts": amounts,
        "worth": sum(map(Decimal, amounts.values()), Decimal(0)).quantize(Decimal("0.0001")),
        "facts": dict(cause.facts),
    }


def _follow(rule: ExceptionRule, met: Sequence[tuple[ExceptionItem, Cause]], now: datetime) -> int:
    """Items whose cause is still there: counts move, snoozes end, dismissed ones come back with rows that are new."""
    if not met:
        return 0
    known = _subjects([item.pk for item, _cause in met])
    added, removed, changed, lines = {}, [], [], []
    for item, cause in met:
        had, now_there = known.get(item.pk, set()), set(cause.subjects[:MOST_SUBJECTS])
        if item.state == ExceptionState.DISMISSED:
            if not (now_there - had or cause.rows > max(item.count, len(had))):
                continue
            lines.append(_reopened(item, len(now_there - had) or cause.rows - item.count, now))
        added[item.pk] = now_there - had
        removed += [(item.pk, number) for number in had - now_there]
        if _apply(item, _facts(rule, cause), now):
            changed.append(item)
    ExceptionItem.objects.filter(pk__in=[item.pk for item, _cause in met]).update(seen_at=now)
    ExceptionItem.objects.bulk_update(changed, FOLLOWED, batch_size=200)
    _add_subjects(added)
    _remove_subjects(removed)
    Activity.objects.bulk_create(lines)
    return len(lines)


def _reopened(item: ExceptionItem, new: int, now: datetime) -> Activity:
    item.state = ExceptionState.OPEN
    sentence = gettext_noop("Opened again: {n} more since it was dismissed")
    return activity("exception.reopened", sentence, subject=item.number, by=None, now=now, n=new)


def _apply(item: ExceptionItem, facts: Mapping[str, Any], now: datetime) -> bool:
    """Set what is new on the item; says whether anything is. A snooze that is over ends."""
    before = [getattr(item, name) for name in FOLLOWED]
    for name, value in facts.items():
        setattr(item, name, value)
    if item.state == ExceptionState.SNOOZED and item.snoozed_until and item.snoozed_until <= now:
        item.state = ExceptionState.OPEN
    return before != [getattr(item, name) for name in FOLLOWED]


def _subjects(pks: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for pk, number in ExceptionSubject.objects.filter(item__in=pks).values_list("item_id", "number"):
        found[pk].add(number)
    return found


def _add_subjects(numbers: Mapping[int, Iterable[str]]) -> None:
    rows = [ExceptionSubject(item_id=pk, number=n[:60]) for pk, several in numbers.items() for n in several]
    ExceptionSubject.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def _remove_subjects(pairs: Sequence[tuple[int, str]]) -> None:
    """Those that were mended leave the item; the others stay."""
    by_item: dict[int, list[str]] = defaultdict(list)
    for pk, number in pairs:
        by_item[pk].append(number)
    which = Q(pk__in=[])
    for pk, numbers in by_item.items():
        which |= Q(item=pk, number__in=numbers)
    if by_item:
        ExceptionSubject.objects.filter(which).delete()


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


def _told_by_history(items: Sequence[ExceptionItem]) -> dict[int, Ending]:
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
