"""Why something is not moving: one answer for list rows, the record's page, the inbox and the customer.

Apps register rules in `<app>/blockers.py`. A rule looks at many orders at once with a constant number
of queries and reads what `Order.objects.with_state()` has loaded.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from ordermgmt.roles import Role


class Fix(NamedTuple):
    """What mends it in one click: a page (GET) or an act (POST). `permission`: what its target asks for, if anything.

    `effect` says what it will do, where the words of the button do not.
    """

    label: Any
    url: str
    method: str = "GET"
    permission: str = ""
    effect: Any = ""


@dataclass(frozen=True, kw_only=True)
class Blocker:
    """What stops an order, since when, by when it should be solved, who acts next and how.

    `rank`: lower is worse and comes first. `sentence` is for staff, `customer_sentence` for the
    status page (empty: the customer need not know).
    """

    code: str
    sentence: str
    since: datetime | None = None
    target_at: datetime | None = None
    owner_role: str = Role.SUPPORT
    owner_name: str = ""
    next_step: str = ""
    customer_sentence: str = ""
    tone: str = "hold"
    rank: int = 50
    fixes: Sequence[Fix] = ()

    @property
    def owner(self) -> str:
        role = str(Role(self.owner_role).label)
        return f"{role}, {self.owner_name}" if self.owner_name else role


Rule = Callable[[Sequence[Any], datetime], Mapping[int, Sequence[Blocker]]]
_RULES: list[Rule] = []


def blocker_rule(rule: Rule) -> Rule:
    """Register a rule: (orders loaded `with_state()`, now) to blockers by order id."""
    _RULES.append(rule)
    return rule


def blockers_of(orders: Iterable[Any], *, now: datetime) -> dict[int, list[Blocker]]:
    """Every blocker of these orders, worst first, by order id; orders that move are left out."""
    rows = list(orders)
    found: dict[int, list[Blocker]] = defaultdict(list)
    for rule in _RULES:
        for pk, blockers in rule(rows, now).items():
            found[pk].extend(blockers)
    return {pk: sorted(blockers, key=lambda blocker: blocker.rank) for pk, blockers in found.items() if blockers}


def for_reader(blockers: Iterable[Blocker], reader: Any) -> list[Blocker]:
    """The same blockers with only the fixes that this person may do."""
    return [
        replace(blocker, fixes=[fix for fix in blocker.fixes if not fix.permission or reader.has_perm(fix.permission)])
        for blocker in blockers
    ]
