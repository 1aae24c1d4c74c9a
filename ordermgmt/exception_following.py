"""What a look writes: new items for new causes, and what moved in those that are there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop

from ordermgmt.exceptions import MOST_SUBJECTS, Cause, ExceptionRule
from ordermgmt.history import activity
from ordermgmt.models import Activity, ExceptionItem, ExceptionState, ExceptionSubject
from ordermgmt.money import round_money

FOLLOWED = ("state", "since", "target_at", "count", "amounts", "worth", "facts")
AT_ONCE = 1000


def open_items(rule: ExceptionRule, causes: Mapping[str, Cause], now: datetime) -> int:
    """Inside the caller's transaction: one item for each cause that has none."""
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
    ExceptionItem.objects.bulk_create(fresh)
    _add_subjects({item.pk: causes[item.cause].subjects[:MOST_SUBJECTS] for item in fresh})
    return len(fresh)


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


def follow_items(rule: ExceptionRule, met: Sequence[tuple[ExceptionItem, Cause]], now: datetime) -> int:
    """Inside the caller's transaction, for items whose cause is still there: counts move, snoozes end, dismissed ones come back with rows that are new."""
    if not met:
        return 0
    known = _subjects([item.pk for item, _cause in met])
    added, removed, changed, lines = {}, [], [], []
    for item, cause in met:
        had, now_there = known.get(item.pk, {}), set(cause.subjects[:MOST_SUBJECTS])
        if item.state == ExceptionState.DISMISSED:
            more = _since_dismissed(item, cause, had, now_there)
            if not more:
                continue
            lines.append(_reopened(item, more, now))
        added[item.pk] = now_there - had.keys()
        removed += [pk for number, pk in had.items() if number not in now_there]
        if _apply(item, _facts(rule, cause), now):
            changed.append(item)
    ExceptionItem.objects.filter(pk__in=[item.pk for item, _cause in met]).update(seen_at=now)
    ExceptionItem.objects.bulk_update(changed, FOLLOWED, batch_size=200)
    _add_subjects(added)
    _remove_subjects(removed)
    Activity.objects.bulk_create(lines)
    return len(lines)


def _since_dismissed(item: ExceptionItem, cause: Cause, had: Iterable[str], now_there: set[str]) -> int:
    """Rows that were not there when it was dismissed. Where not all have their number kept, only their count tells."""
    if cause.rows > len(now_there) or item.count > MOST_SUBJECTS:
        return max(cause.rows - item.count, 0)
    return len(now_there.difference(had))


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


def _subjects(pks: Sequence[int]) -> dict[int, dict[str, int]]:
    """By item, its numbers with the key of each row."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for item, number, pk in ExceptionSubject.objects.filter(item__in=pks).values_list("item_id", "number", "pk"):
        found[item][number] = pk
    return found


def _add_subjects(numbers: Mapping[int, Iterable[str]]) -> None:
    rows = [ExceptionSubject(item_id=pk, number=n[:60]) for pk, several in numbers.items() for n in several]
    ExceptionSubject.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)


def _remove_subjects(pks: Sequence[int]) -> None:
    """Those that were mended leave the item; the others stay."""
    for at in range(0, len(pks), AT_ONCE):
        ExceptionSubject.objects.filter(pk__in=pks[at : at + AT_ONCE]).delete()
