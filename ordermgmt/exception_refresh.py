"""One look of a rule at what is wrong now: items are opened, followed and closed by themselves.

Set-based: the same number of statements for any number of rows and causes. Safe to run twice and by two workers: a
rule looks before anything is locked, so that people decide meanwhile, and what it saw is written only if nobody wrote
since it began to look.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from ordermgmt.exception_endings import RETIRED, close, told_by_history
from ordermgmt.exception_following import follow_items, open_items
from ordermgmt.exceptions import REGISTRY, Cause, ExceptionRule, in_order
from ordermgmt.models import ExceptionItem, RuleLook

TICK = timedelta(minutes=1)


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


def look(rule: ExceptionRule, *, now: datetime) -> Looked:
    """Bring the items of one rule up to date; nothing happens when another worker did so meanwhile."""
    seen, _is_new = RuleLook.objects.get_or_create(rule=rule.name)
    RuleLook.objects.filter(pk=seen.pk).update(asked_at=now)
    causes = {cause.key[:120]: cause for cause in rule.causes(now)}
    return _write(rule, causes, seen, now)


@transaction.atomic(durable=True)
def _write(rule: ExceptionRule, causes: Mapping[str, Cause], seen: RuleLook, now: datetime) -> Looked:
    # Closes the race of two workers: the second waits here, and gives way because what it saw may be older.
    turn = RuleLook.objects.filter(pk=seen.pk, looks=seen.looks)
    if not turn.update(looks=F("looks") + 1, looked_at=now):
        return Looked()
    live = {item.cause: item for item in _live(rule.name)}
    gone = [item for key, item in live.items() if key not in causes]
    met = [(live[key], cause) for key, cause in causes.items() if key in live]
    opened = open_items(rule, {key: cause for key, cause in causes.items() if key not in live}, now)
    reopened = follow_items(rule, met, now)
    close(gone, {**told_by_history(gone), **rule.endings(gone, now)} if gone else {}, now=now)
    return Looked(opened, reopened, len(gone))


@transaction.atomic(durable=True)
def close_retired(*, now: datetime) -> int:
    """Close what rules opened that are no longer part of the product."""
    items = list(ExceptionItem.objects.live().exclude(rule__in=list(REGISTRY)).select_for_update().order_by("pk"))
    close(items, {item.pk: RETIRED for item in items}, now=now)
    return len(items)


def refresh(
    *, now: datetime, rules: Iterable[ExceptionRule] | None = None, progress: Callable[[int, int], None] | None = None
) -> Looked:
    """Let every rule look, each in its own transaction; a rule that fails keeps its items and not the others."""
    found, chosen = Looked(), list(_whose_turn(now) if rules is None else rules)
    for done, rule in enumerate(chosen, start=1):
        try:
            found.add(look(rule, now=now))
        except Exception as error:
            found.failed[rule.name] = f"{type(error).__name__}: {error}"[:300]
        if progress:
            progress(done, len(chosen))
    if rules is None:
        found.closed += close_retired(now=now)
    return found


def _whose_turn(now: datetime) -> list[ExceptionRule]:
    """Rules that have not looked for as long as they ask for. Those asked longest ago first: one that takes all the time
    there is does not keep the others from looking the next time.
    """
    looks = {look.rule: look for look in RuleLook.objects.all()}
    rules = [rule for rule in in_order() if _is_turn(rule, looks.get(rule.name), now)]
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(rules, key=lambda rule: looks[rule.name].asked_at or never if rule.name in looks else never)


def _is_turn(rule: ExceptionRule, last: RuleLook | None, now: datetime) -> bool:
    if last is None or last.looked_at is None:
        return True
    # Ticks come some seconds early or late.
    return not now - timedelta(minutes=rule.every) + TICK / 2 < last.looked_at <= now


def _live(rule: str) -> list[ExceptionItem]:
    # Closes the race of a look and the decision of a person.
    return list(ExceptionItem.objects.live().filter(rule=rule).select_for_update().order_by("pk"))
