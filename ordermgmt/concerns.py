"""What a manager must know now, in at most five sentences (P04): apps tell concerns, the worst come first.

Harm is what is at risk times how long it is past its target: money where there is any, else the number of records.
What is not past its target comes after what is, the most at risk first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

MOST = 5


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One sentence with what and how many, and why it matters; `url` opens exactly those rows.

    `key` is the same as long as it is the same trouble. `worth`: money at risk, for the order of sentences alone.
    """

    key: str
    sentence: str
    url: str
    count: int
    target_at: datetime
    so_what: str = ""
    worth: Decimal = Decimal(0)
    tone: str = "warn"

    def harm(self, now: datetime) -> tuple[Decimal, Decimal]:
        """Greater is worse."""
        at_risk = self.worth or Decimal(self.count)
        late = max(now - self.target_at, timedelta(0)) / timedelta(hours=1)
        return at_risk * Decimal(late), at_risk


Provider = Callable[[HttpRequest, datetime], Iterable[Concern]]
_PROVIDERS: list[Provider] = []


def concerns(provider: Provider) -> Provider:
    """Register who tells concerns: a constant number of queries, only what this person may open."""
    _PROVIDERS.append(provider)
    return provider


def concerns_now(request: HttpRequest, now: datetime) -> list[Concern]:
    """All that is there, the most harmful first."""
    found: list[Any] = [one for provider in _PROVIDERS for one in provider(request, now)]
    return sorted(found, key=lambda one: (one.harm(now), one.key), reverse=True)
