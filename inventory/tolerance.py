"""How far a count may be from the books before somebody looks again."""

TOLERANCE_UNITS = 5
TOLERANCE_SHARE = 0.1


def beyond_tolerance(expected: int, units: int) -> bool:
    """True when the change is worth a second look: beyond both the units and the share."""
    change = abs(units - expected)
    return change > TOLERANCE_UNITS and change > expected * TOLERANCE_SHARE
