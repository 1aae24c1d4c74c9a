"""A look at a bulk change before it is made: tried on the first rows, counted, the oddest shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ordermgmt.models import OutgoingMessage, User
from orders.actions.subscription_changes import Change, Conflict, preview_change
from orders.actions.subscription_work import NotAllowed, TooLate
from orders.change_plans import ChangePlan
from orders.models import Subscription

MOST_TRIED = 25
MOST_SHOWN = 6


@dataclass
class Trial:
    """`plans` are those that would change, the oddest first: those that change the most deliveries, then money."""

    tried: int = 0
    plans: list[tuple[Subscription, ChangePlan]] = field(default_factory=list)
    refused: list[tuple[Subscription, str]] = field(default_factory=list)

    @property
    def oddest(self) -> list[tuple[Subscription, ChangePlan]]:
        return sorted(self.plans, key=lambda pair: _oddness(pair[1]), reverse=True)[:MOST_SHOWN]

    @property
    def mail(self) -> OutgoingMessage | None:
        return next((plan.mails[0] for _s, plan in self.plans if plan.mails), None)


def _oddness(plan: ChangePlan) -> tuple[int, bool, bool]:
    return len(plan.touched), any(pair.amount_changes for pair in plan.touched), plan.mrr_before != plan.mrr_after


def try_out(subscriptions: Sequence[Subscription], change: Change, *, by: User, now: datetime) -> Trial:
    """The first 25, by the same code that will do it; nothing stays."""
    trial = Trial()
    for s in subscriptions[:MOST_TRIED]:
        trial.tried += 1
        try:
            trial.plans.append((s, preview_change(s.pk, change, by=by, now=now, count=4)))
        except (NotAllowed, TooLate, Conflict) as refusal:
            trial.refused.append((s, str(refusal)))
    return trial
