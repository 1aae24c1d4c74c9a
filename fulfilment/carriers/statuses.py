"""What carriers and aggregators call a status, in our vocabulary. A word we do not know stays unknown."""

import re

from fulfilment.states import CarrierStatus as S

# Words of several vendors (EasyPost, Shippo, AfterShip, karrio and plain English), as `plain` makes them.
_WORDS: dict[str, S] = {
    **dict.fromkeys(
        [
            *("pending", "pre transit", "info received", "created", "label printed", "label created", "registered"),
            *(
                "shipment created",
                "order created",
                "preadvice",
                "manifested",
                "accepted",
                "initiated",
                "order processed",
            ),
        ],
        S.PENDING,
    ),
    **dict.fromkeys(
        [
            *("picked up", "collected", "collection", "pickup complete", "picked up by carrier", "origin scan"),
            *("parcel collected", "received by carrier", "item accepted by courier"),
        ],
        S.PICKED_UP,
    ),
    **dict.fromkeys(
        [
            *("in transit", "transit", "departed", "arrived", "processed", "cleared", "on the way", "on its way"),
            *(
                "departed facility",
                "arrived at facility",
                "in process",
                "shipped",
                "sorted",
                "en route",
                "cleared customs",
            ),
            *("customs cleared", "export", "import", "hub scan", "line haul"),
        ],
        S.IN_TRANSIT,
    ),
    **dict.fromkeys(
        ["out for delivery", "ofd", "with courier", "on vehicle", "onboard for delivery", "on board for delivery"],
        S.OUT_FOR_DELIVERY,
    ),
    **dict.fromkeys(
        [
            *("ready for pickup", "available for pickup", "at location", "at pickup point", "awaiting collection"),
            *("awaiting pickup", "ready for collection", "in locker"),
        ],
        S.READY_FOR_PICKUP,
    ),
    **dict.fromkeys(["delivered", "delivery confirmed", "completed", "signed for", "parcel delivered"], S.DELIVERED),
    **dict.fromkeys(["on hold", "held", "hold", "customs hold", "held by customs", "held at customs"], S.ON_HOLD),
    **dict.fromkeys(
        ["delayed", "delay", "delivery delayed", "rescheduled", "expected delay", "delivery rescheduled"], S.DELAYED
    ),
    **dict.fromkeys(
        [
            *("delivery failed", "failed", "failure", "undeliverable", "attempt fail", "failed attempt", "exception"),
            *("delivery attempted", "attempted delivery", "not delivered", "delivery exception", "lost", "damaged"),
            *("refused", "address not found", "unable to deliver"),
        ],
        S.FAILED,
    ),
    **dict.fromkeys(
        [
            *("return to sender", "returned to sender", "returned", "rts", "returning", "return in transit"),
            *("returning to sender", "return to shipper", "return initiated"),
        ],
        S.RETURN_TO_SENDER,
    ),
    **dict.fromkeys(["cancelled", "canceled", "voided", "void", "shipment cancelled"], S.CANCELLED),
}

# Codes that only mean something at one carrier, by `Carrier.code`.
_CODES: dict[str, dict[str, S]] = {}


def plain(raw: str) -> str:
    """InTransit, IN_TRANSIT and "in-transit" are one word."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", raw.strip())
    return " ".join(re.split(r"[\W_]+", spaced.casefold())).strip()


def status_of(raw: str, *, carrier: str = "") -> S:
    """Ours for theirs: the carrier's own code first, then the shared words, else unknown."""
    if known := _CODES.get(carrier, {}).get(raw.strip().upper()):
        return known
    word = plain(raw)
    if word in _WORDS:
        return _WORDS[word]
    return next((status for status in S if plain(status.value) == word), S.UNKNOWN)
