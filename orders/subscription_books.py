"""Invariants of subscriptions that their changes keep: monthly revenue is the sum of its movements."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import DecimalField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ordermgmt.money import ZERO
from ordermgmt.proofs import invariant
from orders.billing_states import SubscriptionStatus
from orders.models import MrrMovement, Subscription


@invariant("I54", _("Monthly revenue of a subscription is the sum of its movements, and none while it rests"))
def revenue_is_the_sum_of_its_movements(now: datetime) -> Iterable[Any]:
    own = MrrMovement.objects.filter(subscription=OuterRef("pk")).order_by().values("subscription")
    total = Subquery(
        own.annotate(n=Sum("amount")).values("n"), output_field=DecimalField(max_digits=18, decimal_places=4)
    )
    rows = Subscription.objects.annotate(moved=Coalesce(total, ZERO)).order_by("pk")
    # Compared here: SQLite adds decimals up as floats, and a sum of nothing is then not quite nothing.
    for row in rows.values("number", "status", "mrr", "moved").iterator():
        rests = row["status"] != SubscriptionStatus.ACTIVE and row["mrr"]
        if rests or row["mrr"] != round(row["moved"], 4):
            yield row
