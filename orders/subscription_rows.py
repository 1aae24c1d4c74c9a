"""What rows of subscriptions show beyond their own fields, for a whole page in a constant number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Q

from ordermgmt.clock import business_day
from orders.billing_states import LIVE_DUNNING, DeliveryStatus, SkipReason
from orders.models import Delivery, Dunning, Subscription
from orders.projecting import project_many
from orders.subscription_words import state_of

# As far ahead as a next delivery is looked for behind skipped ones.
AHEAD = 5


def load_rows(subscriptions: Sequence[Subscription], *, now: datetime) -> None:
    """Sets `coming` (next delivery or None), `ordered`, `skips`, `unpaid` (the case or None) and `word` on each."""
    keys, today = [s.pk for s in subscriptions], business_day(now)
    projected = project_many(subscriptions, now=now, count=AHEAD)
    counts = _counts(keys)
    unpaid = Dunning.objects.filter(invoice__subscription__in=keys, status__in=LIVE_DUNNING).select_related("invoice")
    cases = {case.invoice.subscription_id: case for case in unpaid.order_by("-pk")}
    skipped = _skipped(keys)
    for s in subscriptions:
        coming = next((one for one in projected[s.pk] if one.is_next), None)
        s.coming, s.unpaid, s.word = coming, cases.get(s.pk), state_of(s, today)  # type: ignore[attr-defined]
        s.ordered = counts.get(s.pk, 0)  # type: ignore[attr-defined]
        s.skips = _in_a_row(skipped[s.pk], coming.number if coming else 0)  # type: ignore[attr-defined]


def _counts(keys: list[int]) -> dict[int, int]:
    rows = Delivery.objects.filter(subscription__in=keys).order_by().values_list("subscription")
    return dict(rows.annotate(n=Count("pk", filter=Q(status=DeliveryStatus.ORDERED))))


def _skipped(keys: list[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    by_choice = (SkipReason.CUSTOMER, SkipReason.STAFF)
    rows = Delivery.objects.filter(subscription__in=keys, skip_reason__in=by_choice)
    for pk, number in rows.values_list("subscription", "number"):
        found[pk].add(number)
    return found


def _in_a_row(skipped: set[int], next_number: int) -> int:
    """Left out by choice, right before the next delivery."""
    count = 0
    while next_number - count - 1 in skipped:
        count += 1
    return count
