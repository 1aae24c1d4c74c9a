"""Invariants of subscriptions that their changes keep: monthly revenue, and what is paid in advance."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import DecimalField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import ZERO
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders.billing_states import SubscriptionStatus
from orders.models import MrrMovement, Subscription
from orders.paid_parts import free_parts
from orders.reckoning import CHUNK, GRACE, OVER


@invariant(
    "I54", _("Monthly revenue of a subscription is the sum of its movements, and none while it rests"), is_local=True
)
def revenue_is_the_sum_of_its_movements(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    own = MrrMovement.objects.filter(subscription=OuterRef("pk")).order_by().values("subscription")
    total = Subquery(
        own.annotate(n=Sum("amount")).values("n"), output_field=DecimalField(max_digits=18, decimal_places=4)
    )
    rows = touched.of(Subscription.objects.all(), "number").annotate(moved=Coalesce(total, ZERO)).order_by("pk")
    # Compared here: SQLite adds decimals up as floats, and a sum of nothing is then not quite nothing.
    for row in rows.values("number", "status", "mrr", "moved").iterator():
        rests = row["status"] != SubscriptionStatus.ACTIVE and row["mrr"]
        if rests or row["mrr"] != round(row["moved"], 4):
            yield row


@invariant("I75", _("What has ended owes no delivery that is paid"))
def nothing_owed_after_the_end(now: datetime) -> Iterable[Any]:
    """The run credits it soon after the end; what was paid elsewhere waits here until it is settled by hand."""
    ended = Subscription.objects.filter(status__in=OVER, deliveries_owed__gt=0)
    late = Q(cancelled_at__lt=now - GRACE) | Q(cancelled_at=None, expired_at__lt=now - GRACE)
    yield from ended.filter(late).order_by("pk").values("number", "deliveries_owed")


@invariant("I76", _("Deliveries that are owed are those that charges paid for and nobody sent or credited"))
def owed_is_what_is_paid(now: datetime) -> Iterable[Any]:
    """Those taken over may owe more: what was paid before has no charge here."""
    last = 0
    rows = Subscription.objects.order_by("pk").values("pk", "number", "deliveries_owed", "external_id")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        parts = free_parts(row["pk"] for row in chunk)
        for row in chunk:
            paid, owed = len(parts[row["pk"]]), row["deliveries_owed"]
            if paid > owed or (paid < owed and not row["external_id"]):
                yield {"subscription": row["number"], "owed": owed, "paid": paid}
        last = chunk[-1]["pk"]
