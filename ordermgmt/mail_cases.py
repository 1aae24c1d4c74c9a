"""The hard cases a message must bear: made from a real context, without the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

LONG_NAME = "Maximiliane-Theodora von und zu Hohenstein-Wittelsbach, c/o Sankt-Katharinen-Hospital"
LONG_ITEM = "Organic fair-trade single-origin coffee beans, dark roast, whole, in a bag of 1 kg"
OTHER_SCRIPT = "محمد عبد الله 🎁"
Facts = dict[str, Any]


@dataclass(frozen=True)
class Case:
    name: str
    title: Any
    make: Callable[[Facts], Facts]


def _named(words: str) -> Callable[[Facts], Facts]:
    return lambda facts: {**facts, **{name: words for name in ("recipient", "address") if name in facts}}


def _many(facts: Facts) -> Facts:
    """Every list of items with twelve long ones."""
    return {
        name: _twelve(value) if name in ("lines", "items", "rest") and isinstance(value, list) else value
        for name, value in facts.items()
    } | ({"first": {**facts["first"], "items": _twelve(facts["first"]["items"])}} if "first" in facts else {})


def _twelve(rows: list[Facts]) -> list[Facts]:
    first = rows[0] if rows else {"name": "", "units": 1}
    return [{**first, "name": f"{LONG_ITEM} no. {n}", "units": n} for n in range(1, 13)]


def _split(facts: Facts) -> Facts:
    """Two parcels, and a rest that comes later on a day nobody knows."""
    rest = facts.get("rest") or list(facts.get("lines", []))[:1]
    more = {"rest": rest, "rest_on": None} if "rest" in facts else {}
    if "tracking" in facts:
        more["tracking"] = [*facts["tracking"], ("JJSE000111222", "https://track.example/JJSE000111222")]
    return {**facts, **more}


def _no_phone(facts: Facts) -> Facts:
    return {**facts, "shop": {**settings.SHOP, "phone": ""}}


def _free(value: Any) -> Any:
    return _each(value, lambda one: Decimal("0.00") if isinstance(one, Decimal) else one)


def _undated(value: Any) -> Any:
    """Days that may be unknown are; those a message is about stay."""
    return {
        name: None if isinstance(one, date) and name in MAY_BE_UNKNOWN else one for name, one in dict(value).items()
    }


MAY_BE_UNKNOWN = frozenset({"expected_on", "rest_on", "leaves_on", "resumes_on", "ends_on", "next_try"})


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _each(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_each(one, change) for one in value]
    return change(value)


CASES: tuple[Case, ...] = (
    Case("long", _("A long name"), _named(LONG_NAME)),
    Case("script", _("Another script"), _named(OTHER_SCRIPT)),
    Case("many", _("12 long items"), _many),
    Case("split", _("A split delivery"), _split),
    Case("phone", _("No phone number"), _no_phone),
    Case("free", _("Nothing to pay"), _free),
    Case("days", _("Days not known"), _undated),
)


def hard_cases(context: Mapping[str, Any]) -> dict[str, Facts]:
    """Each case's name with its context."""
    return {case.name: case.make(dict(context)) for case in CASES}
