"""Gifts and wished delivery days, which shops write as free attributes of an order."""

from collections.abc import Mapping
from datetime import date

DAY_NAMES = frozenset({"delivery date", "requested delivery date", "preferred delivery date"})
MESSAGE_NAMES = frozenset({"gift message", "gift note", "gift card message"})
NO_WORDS = frozenset({"", "no", "false", "0"})


def _named(attributes: Mapping[str, str], names: frozenset[str]) -> str:
    for name, value in attributes.items():
        if name.strip("_ ").replace("-", " ").replace("_", " ").lower() in names:
            return value.strip()
    return ""


def requested_day(attributes: Mapping[str, str]) -> date | None:
    """The wished day, where it is written so that it can only mean one day."""
    text = _named(attributes, DAY_NAMES).replace("/", "-")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2100 else None


def gift_message(attributes: Mapping[str, str]) -> str:
    return _named(attributes, MESSAGE_NAMES)


def is_gift(attributes: Mapping[str, str]) -> bool:
    marked = _named(attributes, frozenset({"gift", "is gift", "gift wrap", "gift order"}))
    return marked.lower() not in NO_WORDS or bool(gift_message(attributes))
