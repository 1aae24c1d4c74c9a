"""A subscription as it would be: started, looked at, and taken back."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from ordermgmt.models import User
from orders.actions.subscribing import NewSubscription, begin
from orders.models import Subscription
from orders.projecting import project
from orders.upcoming import Upcoming


def preview_start(wanted: NewSubscription, *, by: User | str, now: datetime) -> tuple[Subscription, Sequence[Upcoming]]:
    """The subscription and its first six deliveries; nothing stays. Raises NotAllowed."""
    with transaction.atomic():
        s = begin(wanted, by=by, now=now)
        coming = project(s, now=now)
        transaction.set_rollback(True)
    return s, coming
