"""What happens when every attempt to collect has failed: the one place that reaches the subscription."""

from datetime import datetime

from orders.models import Dunning


def last_step_of(case: Dunning) -> str:
    """The plan decides; without a subscription, the policy."""
    subscription = case.invoice.subscription
    return subscription.version.last_step if subscription else case.policy.last_step


def take_last_step(case: Dunning, *, by: str, now: datetime) -> None:
    """Pause, skip or cancel; doing it twice changes nothing."""
