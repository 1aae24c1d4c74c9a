"""The steps of the map: always the same ones at the same place, so that a glance is enough. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.looks import Look

# From this part of the target on a row is near it.
NEAR = 0.75
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Node:
    """`target`: how long an order may stay, unless a manager set another. `column` and `lane` (0 above, 1 main, 2 below)."""

    code: str
    label: Any
    meaning: Any
    target: timedelta
    column: float
    look: Look
    lane: int = 1

    @property
    def figure(self) -> str:
        """Its name among the stored figures."""
        return f"flow_{self.code}"


WAITS, WORKS, MOVES = Look("waiting", "quarter"), Look("active", "half"), Look("waiting", "arrow")
BAD, HELD, WARN, BACK = (
    Look("bad", "octagon"),
    Look("hold", "square"),
    Look("warn", "triangle"),
    Look("neutral", "back"),
)

# From left to right; with the keyboard they are reached in this order.
NODES: tuple[Node, ...] = (
    Node(
        code="received", label=_("Received"), column=0, look=WAITS, target=DAY,
        meaning=_("Accepted and waiting for the customer's money. Ends when the payment hold is released."),
    ),
    Node(
        code="failed", label=_("Payment failed"), column=0, lane=2, look=BAD, target=DAY,
        meaning=_("The last attempt to get the money failed, and the order waits for another."),
    ),
    Node(
        code="paid", label=_("Paid"), column=1, look=WAITS, target=4 * HOUR,
        meaning=_("Paid or on account and nothing is missing. Ends when it is released to the floor."),
    ),
    Node(
        code="hold", label=_("On hold"), column=1.5, lane=0, look=HELD, target=4 * HOUR,
        meaning=_("A person or a rule stopped it. Ends when the hold is released."),
    ),
    Node(
        code="backorder", label=_("Backordered"), column=1.5, lane=2, look=WARN, target=3 * DAY,
        meaning=_("Units are missing in every warehouse. Ends when stock is promised."),
    ),
    Node(
        code="ready", label=_("Ready to pick"), column=2, look=WAITS, target=4 * HOUR,
        meaning=_("Released to the floor. Ends with the first pick."),
    ),
    Node(
        code="pick", label=_("Pick"), column=3, look=WORKS, target=2 * HOUR,
        meaning=_("From the first pick until everything is in the tote."),
    ),
    Node(
        code="pack", label=_("Pack"), column=4, look=WORKS, target=2 * HOUR,
        meaning=_("From the full tote until the box is closed and has its label."),
    ),
    Node(
        code="hand", label=_("Hand over"), column=5, look=WAITS, target=8 * HOUR,
        meaning=_("Packed and waiting for the carrier. Ends when it is handed over."),
    ),
    Node(
        code="way", label=_("On its way"), column=6, look=MOVES, target=3 * DAY,
        meaning=_("With the carrier, until it is out for delivery or at a pick-up point."),
    ),
    Node(
        code="problem", label=_("Problem"), column=6, lane=0, look=BAD, target=DAY,
        meaning=_("The carrier reported a problem that nobody has solved."),
    ),
    Node(
        code="back", label=_("Came back"), column=6.5, lane=2, look=BACK, target=2 * DAY,
        meaning=_("The parcel came back to us and waits for a decision."),
    ),
    Node(
        code="door", label=_("Door"), column=7, look=MOVES, target=DAY,
        meaning=_("Out for delivery or at a pick-up point. Ends when it is delivered."),
    ),
)  # fmt: skip
BY_CODE: Mapping[str, Node] = {node.code: node for node in NODES}


@dataclass(frozen=True)
class Edge:
    """An arrow. Its thickness is the number of orders that left `counts` (or came to it, with `comes`) in 24 hours."""

    start: str
    end: str
    counts: str
    comes: bool = False


EDGES: tuple[Edge, ...] = (
    Edge("received", "paid", "received"),
    Edge("received", "failed", "failed", comes=True),
    Edge("paid", "hold", "hold", comes=True),
    Edge("hold", "ready", "hold"),
    Edge("paid", "backorder", "backorder", comes=True),
    Edge("backorder", "ready", "backorder"),
    Edge("paid", "ready", "paid"),
    Edge("ready", "pick", "ready"),
    Edge("pick", "pack", "pick"),
    Edge("pack", "hand", "pack"),
    Edge("hand", "way", "hand"),
    Edge("way", "problem", "problem", comes=True),
    Edge("way", "back", "back", comes=True),
    Edge("way", "door", "way"),
)


@dataclass(frozen=True)
class Loop:
    """Work done twice: a return arrow from a step to the one before."""

    code: str
    start: str
    end: str
    label: Any


LOOPS: tuple[Loop, ...] = (
    Loop("repick", "pack", "pick", _("picked short")),
    Loop("repack", "hand", "pack", _("opened again")),
    Loop("relabel", "hand", "hand", _("labelled anew")),
    Loop("readdress", "hold", "hold", _("readdressed")),
)
