"""How states look: tone and shape by value, so that the same word looks the same on every page."""

from typing import Any, NamedTuple

LOUD = frozenset({"warn", "bad", "hold"})


class Look(NamedTuple):
    """A tone (colour family) and the outline that survives grey print."""

    tone: str
    shape: str

    @property
    def loud(self) -> bool:
        """True when a person must act; only these are filled in lists."""
        return self.tone in LOUD


NEUTRAL = Look("neutral", "ring")
ENDED = Look("neutral", "cross")
BACK = Look("neutral", "back")
SETTLED = Look("neutral", "tick")
WAITING = Look("waiting", "quarter")
MOVING = Look("waiting", "arrow")
ACTIVE = Look("active", "half")
GOOD = Look("good", "tick")
WARN = Look("warn", "triangle")
BAD = Look("bad", "octagon")
HOLD = Look("hold", "square")

TONES = {
    "neutral": NEUTRAL,
    "waiting": WAITING,
    "active": ACTIVE,
    "good": GOOD,
    "warn": WARN,
    "bad": BAD,
    "hold": HOLD,
}

LOOKS: dict[str, Look] = {
    **dict.fromkeys(
        ("draft", "planned", "new", "created", "uploaded", "unfulfilled", "inactive", "not_started"), NEUTRAL
    ),
    **dict.fromkeys(("void", "undone", "withdrawn", "discontinued", "unknown", "component", "snoozed"), NEUTRAL),
    **dict.fromkeys(("cancelled", "written_off", "ended", "expired", "rejected", "dismissed", "archived"), ENDED),
    **dict.fromkeys(("superseded", "erased", "merged"), ENDED),
    **dict.fromkeys(("closed", "applied", "checked"), SETTLED),
    **dict.fromkeys(("returned", "part_returned", "return_to_sender", "refunded", "part_refunded", "credited"), BACK),
    **dict.fromkeys(("awaiting_payment", "unpaid", "authorised", "ready", "ready_to_pick", "open", "queued"), WAITING),
    **dict.fromkeys(("pending", "waiting", "accepted", "promised", "allocated", "released", "received"), WAITING),
    **dict.fromkeys(("requested", "notice", "scheduled", "ready_for_pickup", "proposed"), WAITING),
    **dict.fromkeys(("shipped", "dispatched", "picked_up", "in_transit", "out_for_delivery", "sent"), MOVING),
    **dict.fromkeys(("picking", "picked", "packing", "packed", "part_shipped", "part_paid", "in_progress"), ACTIVE),
    **dict.fromkeys(("running", "checking", "applying", "counting", "changed", "trial"), ACTIVE),
    **dict.fromkeys(("delivered", "paid", "active", "live", "done", "succeeded", "posted", "resolved", "graded"), GOOD),
    **dict.fromkeys(("approved", "verified", "healthy", "made", "line_done", "job_done"), GOOD),
    **dict.fromkeys(("backordered", "overdue", "late", "short", "stale", "duplicate", "past_due"), WARN),
    **dict.fromkeys(("delivery_delayed", "extra"), WARN),
    **dict.fromkeys(("payment_failed", "delivery_problem", "delivery_failed", "failed", "refused", "bounced"), BAD),
    **dict.fromkeys(("dead", "wrong", "stop", "lost"), BAD),
    **dict.fromkeys(("on_hold", "held", "paused", "quarantine", "blocked"), HOLD),
}


def look_of(record: Any, value: str) -> Look:
    """The look a model names for its own states (`STATE_LOOKS`), else the shared one, else neutral."""
    own: dict[str, Look] = getattr(type(record), "STATE_LOOKS", {})
    return own.get(value) or LOOKS.get(value, NEUTRAL)
