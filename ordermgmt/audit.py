"""Reading the history as an audit does: what was before and after, of which kind of record, by whom, from where."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.masking import masked
from ordermgmt.models import Activity

# Kinds of records by the beginning of their numbers.
KINDS: Mapping[str, Any] = {
    "SO-": _("Orders"),
    "SUB-": _("Subscriptions"),
    "C-": _("Customers"),
    "SH-": _("Shipments"),
    "FO-": _("Floor work"),
    "WV-": _("Waves"),
    "INV-": _("Invoices"),
    "CN-": _("Credit notes"),
    "PL-": _("Plans"),
    "TK-": _("Tickets"),
    "EX-": _("Exceptions"),
    "KP-": _("Known problems"),
    "IMP-": _("Imports"),
    "person ": _("People"),
    "list ": _("Exports of lists"),
    "view ": _("Saved views"),
}
_PAIRS = (("old", "new"), ("before", "after"), ("from", "to"), ("was", "now"))
_HIDDEN = ("password", "secret", "token", "iban", "card", "code_hash")


def changes_of(line: Activity) -> list[tuple[str, str, str]]:
    """Each changed fact as (name, before, after), masked; a fact kept under a bare pair has no name."""
    return [(name, _shown(name, old), _shown(name, new)) for name, old, new in _found(line.facts)]


def change_words(line: Activity) -> str:
    """`total: 10 → 12; note: – → gift`, or nothing."""
    return "; ".join(f"{name}: {old} → {new}" if name else f"{old} → {new}" for name, old, new in changes_of(line))


def _found(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for first, second in _PAIRS:
        if first not in facts or second not in facts:
            continue
        old, new = facts[first], facts[second]
        if isinstance(old, dict) and isinstance(new, dict):
            yield from (
                (name, old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)
            )
        else:
            yield "", old, new
    changed = facts.get("changes") or facts.get("changed")
    if isinstance(changed, dict):
        yield from (
            (str(name), *pair) for name, pair in changed.items() if isinstance(pair, list | tuple) and len(pair) == 2
        )


def _shown(name: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    if any(word in name.lower() for word in _HIDDEN):
        return "…"
    return masked(str(value))[:200]


def sentence_of(line: Activity) -> str:
    return masked(line.text)


def whence(line: Activity) -> str:
    """The address and the first letters of the request's id, as the logs have it."""
    return " · ".join(part for part in (line.ip or "", line.request_id[:8]) if part)
