"""Putting a sentence of "Needs attention" away until tomorrow, each person for themselves."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_zone
from ordermgmt.history import record
from ordermgmt.models import HiddenConcern, HideReason, User


def tomorrow(now: datetime) -> datetime:
    """When the next business day begins."""
    start = now.astimezone(business_zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    return (start + timedelta(days=1, hours=3)).replace(hour=0)


@transaction.atomic(durable=True)
def hide_concern(key: str, sentence: str, *, reason: HideReason, by: User, now: datetime) -> HiddenConcern:
    """Not shown to this person before tomorrow; hiding again changes the reason."""
    facts = {"reason": reason, "hidden_at": now, "until": tomorrow(now)}
    hidden, _made = HiddenConcern.objects.update_or_create(person=by, key=key, defaults=facts)
    HiddenConcern.objects.filter(person=by, until__lte=now).delete()
    words = {"what": sentence, "reason": reason.value}
    record(
        "concern.hidden", gettext_noop("Hid “{what}” until tomorrow ({reason})"), subject=f"person {by.pk}", by=by, now=now, **words
    )  # fmt: skip
    return hidden


@transaction.atomic(durable=True)
def show_concerns(*, by: User, now: datetime, key: str = "") -> int:
    """Take the hiding of one, or of all, back. Returns how many."""
    rows = HiddenConcern.objects.filter(person=by, until__gt=now)
    count, _kinds = (rows.filter(key=key) if key else rows).delete()
    if count:
        record(
            "concern.shown", gettext_noop("Shows {count} hidden sentences again"), subject=f"person {by.pk}", by=by, now=now, count=count
        )  # fmt: skip
    return count
