"""How often, in words."""

from django.utils.translation import ngettext

from orders.periods import Interval


def every(interval: Interval) -> str:
    """`Every 4 weeks`."""
    n = interval.every
    words = {
        "day": ngettext("Every day", "Every %(n)d days", n),
        "week": ngettext("Every week", "Every %(n)d weeks", n),
        "month": ngettext("Every month", "Every %(n)d months", n),
        "year": ngettext("Every year", "Every %(n)d years", n),
    }
    return words[interval.unit] % {"n": n}
