"""Holds of the past: why some orders waited before they were made."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from django.utils.translation import gettext_noop

from fulfilment.demo.told import Told, save
from ordermgmt.history import activity
from ordermgmt.models import Activity
from orders.models import Hold
from orders.states import HoldCode

SHARE = 0.07
# Reason, in words, weight, hours it usually takes.
KINDS = (
    (HoldCode.ADDRESS, "The street number is missing", 4, 7),
    (HoldCode.PAYMENT, "The payment has not come in", 3, 15),
    (HoldCode.RISK, "First order and a high amount", 2, 4),
    (HoldCode.DUPLICATE, "The same order came an hour before", 2, 3),
    (HoldCode.QUANTITY, "More than anybody orders", 1, 5),
)


def write_holds(told: Sequence[Told], rng: Random) -> None:
    """Each was placed soon after the order came and released well before it left."""
    pairs = [pair for one in told if rng.random() < SHARE and (pair := _hold(one, rng))]
    save(Hold, [hold for hold, _lines in pairs])
    save(Activity, [line for _hold, lines in pairs for line in lines])


def _hold(one: Told, rng: Random) -> tuple[Hold, list[Activity]] | None:
    code, words, _weight, hours = rng.choices(KINDS, [kind[2] for kind in KINDS])[0]
    opened = one.story.placed_at + timedelta(minutes=rng.randint(1, 20))
    released = opened + timedelta(minutes=round(60 * hours * rng.uniform(0.2, 1.8)))
    if one.story.is_cancelled or released >= one.story.dispatched_at:
        return None
    hold = Hold(
        order=one.order, code=code, source="intake", handle=code, reason=words, opened_at=opened, opened_by="Intake",
        released_at=released, released_by="Ana Petrova",
    )  # fmt: skip
    return hold, [
        _line(one, "hold.placed", gettext_noop("Held: {reason}"), "Intake", opened, words),
        _line(one, "hold.released", gettext_noop("Released: {reason}"), "Ana Petrova", released, words),
    ]


def _line(one: Told, verb: str, sentence: str, by: str, at: datetime, reason: str) -> Activity:
    return activity(verb, sentence, subject=one.order.number, by=by, now=at, reason=reason)
