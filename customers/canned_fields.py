"""Places in canned replies: which there are, how they are filled, and what a wrong one probably meant. Pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FIELDS = {
    "customer first name": gettext_lazy("First name of the customer"),
    "customer name": gettext_lazy("Name of the customer"),
    "order number": gettext_lazy("The order or subscription it is about"),
    "say sentence": gettext_lazy("What we say of that order now"),
    "delivery day": gettext_lazy("The day it arrives"),
    "ticket number": gettext_lazy("Number of the ticket"),
    "my name": gettext_lazy("Your first name"),
    "shop name": gettext_lazy("Our name"),
    "shop phone": gettext_lazy("Our phone number"),
}
_PLACE = re.compile(r"\{([^{}\n]{1,60})\}")


def fill(text: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with what is known in its places, and the names of those nothing is known for (they stay to be typed)."""
    missing: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        known = values.get(_name(match[1]), "")
        if not known:
            missing.append(_name(match[1]))
        return known or match[0]

    return _PLACE.sub(value_of, text), list(dict.fromkeys(missing))


def unknown_in(text: str) -> list[str]:
    """A sentence for each place that does not exist, with the nearest that does."""
    names = dict.fromkeys(_name(match) for match in _PLACE.findall(text))
    return [_sentence(name) for name in names if name not in FIELDS]


def _sentence(name: str) -> str:
    near = get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    if near:
        return _("There is no {%(name)s}. Did you mean {%(near)s}?") % {"name": name, "near": near[0]}
    return _("There is no {%(name)s}.") % {"name": name}


def first_name(name: str) -> str:
    return name.split()[0] if name.split() else ""


def _name(text: str) -> str:
    return " ".join(text.lower().split())
