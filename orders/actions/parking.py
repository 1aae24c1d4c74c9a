"""Deliveries the run could not order: put aside with their reason, looked at by a person, tried again."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_noop

from ordermgmt.history import activity
from ordermgmt.models import Activity, User
from orders.catching_up import CannotRenew
from orders.models import Delivery


def park(faults: Mapping[int, CannotRenew], *, by: User | str, now: datetime) -> int:
    """Inside the caller's transaction: the run leaves these deliveries alone until somebody acts; says how many."""
    rows = list(Delivery.objects.filter(pk__in=list(faults), parked_at=None).select_related("subscription"))
    for row in rows:
        fault = faults[row.pk]
        row.parked_at, row.parked_code, row.parked_reason = now, fault.code, str(fault)[:500]
    Delivery.objects.bulk_update(rows, ["parked_at", "parked_code", "parked_reason"])
    Activity.objects.bulk_create(
        activity(
            "delivery.parked",
            gettext_noop("Delivery {number} could not be ordered: {reason}"),
            subject=row.subscription.number,
            by=by,
            now=now,
            number=row.number,
            reason=row.parked_reason,
            code=row.parked_code,
        )
        for row in rows
    )
    return len(rows)
