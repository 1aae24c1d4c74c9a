"""Changing a master record: set what differs, say what changed, refuse to overwrite somebody else's change."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

Changed = dict[str, tuple[Any, Any]]


class ChangedMeanwhile(Exception):
    """The record has another version by now: someone changed it after the person opened it."""

    def __init__(self, record: models.Model) -> None:
        super().__init__(_("%(record)s was changed by someone else. Choose what to keep.") % {"record": record})
        self.record = record


def set_facts(record: models.Model, facts: Mapping[str, Any]) -> Changed:
    """Inside the caller's transaction: set the facts that differ on a locked record and save them.

    Returns name → (old, new), empty when nothing differs.
    """
    changed = {name: (getattr(record, name), value) for name, value in facts.items() if getattr(record, name) != value}
    for name, (_old, new) in changed.items():
        setattr(record, name, new)
    if changed:
        record.save(update_fields=list(changed))
    return changed


def changed_words(record: models.Model, changed: Changed) -> str:
    """`weight (g) from 250 to 300, name from … to …`, for a line of history."""
    return ", ".join(
        _("%(name)s from %(old)s to %(new)s")
        % {"name": field_title(record, name), "old": _word(old), "new": _word(new)}
        for name, (old, new) in changed.items()
    )[:240]


def field_title(record: models.Model | type[models.Model], name: str) -> str:
    """The words for a field."""
    return str(getattr(record._meta.get_field(name), "verbose_name", name))


def changed_facts(changed: Changed) -> dict[str, list[str]]:
    """The change as JSON values."""
    return {name: [_word(old), _word(new)] for name, (old, new) in changed.items()}


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)
