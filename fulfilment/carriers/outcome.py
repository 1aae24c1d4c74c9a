"""What the events of a parcel add up to: a function of the set of events, whatever order they came in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fulfilment.states import CarrierStatus as S


class Event(Protocol):
    status: str
    happened_at: datetime
    event_id: str
    incident: str


# Of two events at one instant the one further along counts.
_RANK = {
    status: rank
    for rank, status in enumerate(
        (
            *(S.UNKNOWN, S.PENDING, S.PICKED_UP, S.IN_TRANSIT, S.ON_HOLD, S.DELAYED, S.OUT_FOR_DELIVERY),
            *(S.READY_FOR_PICKUP, S.FAILED, S.CANCELLED, S.DELIVERED, S.RETURN_TO_SENDER),
        )
    )
}
PROBLEMS = frozenset({S.FAILED, S.DELAYED, S.RETURN_TO_SENDER, S.ON_HOLD, S.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`problem` is the status that needs a person, with the incident that says who owes whom."""

    status: str = S.PENDING
    last_event_at: datetime | None = None
    delivered_at: datetime | None = None
    returned_at: datetime | None = None
    problem: str = ""


def outcome_of(events: Collection[Event]) -> Outcome:
    """Latest by `happened_at`; delivered is final unless the parcel goes back; going back is final.

    A parcel delivered after it turned back was delivered to us, not to the customer.
    """
    told = [event for event in events if event.status != S.UNKNOWN]
    last_at = max((event.happened_at for event in events), default=None)
    if not told:
        return Outcome(status=S.UNKNOWN if events else S.PENDING, last_event_at=last_at)
    back_at = min((event.happened_at for event in told if event.status == S.RETURN_TO_SENDER), default=None)
    delivered = [event.happened_at for event in told if event.status == S.DELIVERED]
    delivered_at = min((at for at in delivered if back_at is None or at < back_at), default=None)
    latest = max(told, key=lambda event: (event.happened_at, _RANK[S(event.status)], event.event_id))
    status = S.RETURN_TO_SENDER if back_at else S.DELIVERED if delivered_at else S(latest.status)
    return Outcome(
        status=status,
        last_event_at=last_at,
        delivered_at=delivered_at,
        returned_at=back_at,
        problem=_problem(status, latest) if status in PROBLEMS else "",
    )


def _problem(status: S, latest: Event) -> str:
    return f"{status.value}:{latest.incident}" if latest.incident and latest.status == status else status.value
