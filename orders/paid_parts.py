"""What is paid in advance and has not been sent, charge by charge: the parts no delivery has brought and nothing credited."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Q

from orders.billing_states import BillingCycleStatus
from orders.models import BillingCycle, Delivery


class FreePart(NamedTuple):
    """Part `number` of what the charge of a cycle pays for."""

    cycle: BillingCycle
    number: int


def free_parts(subscription_ids: Iterable[int]) -> dict[int, list[FreePart]]:
    """By subscription, the oldest charge first, with its invoice; in two statements."""
    ahead = Q(deliveries__gt=1) | Q(invoice__isnull=False, invoice__order=None)
    rows = BillingCycle.objects.filter(ahead, subscription__in=list(subscription_ids)).select_related("invoice")
    cycles = list(rows.exclude(status=BillingCycleStatus.CANCELLED).order_by("number"))
    brought: dict[int, set[int]] = defaultdict(set)
    for cycle_id, part in Delivery.objects.filter(cycle__in=cycles).values_list("cycle", "part"):
        brought[cycle_id or 0].add(part or 0)
    found: dict[int, list[FreePart]] = defaultdict(list)
    for cycle in cycles:
        gone = brought[cycle.pk].union(cycle.given_up)
        found[cycle.subscription_id] += [FreePart(cycle, n) for n in range(1, cycle.deliveries + 1) if n not in gone]
    return found


def paid_here(parts: Sequence[FreePart], owed: int) -> bool:
    """Whether charges of ours paid for all that is owed; the rest was paid before the subscription was taken over."""
    return len(parts) >= owed


def next_part(parts: Sequence[FreePart], owed: int) -> FreePart | None:
    """What pays for the next delivery: the oldest part; None when it was paid elsewhere, which comes first."""
    return parts[0] if parts and paid_here(parts, owed) else None
