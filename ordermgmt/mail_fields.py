"""The values of declared fields, as words, from the context of a message."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ordermgmt.mail_kinds import Field, MailKind
from ordermgmt.templatetags import portal


def field_values(kind: MailKind, values: Mapping[str, Any]) -> dict[str, str]:
    """Each field of a kind with its words; empty where the fact is not known."""
    currency = str(values.get("currency") or "")
    return {field.name: _words(field, _found(values, field.path), currency) for field in kind.every_field}


def _found(values: Mapping[str, Any], path: str) -> Any:
    """Through mappings alone: there is no way to an attribute or a method."""
    found: Any = values
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _words(field: Field, value: Any, currency: str) -> str:
    if value is None or value == "":
        return ""
    if field.form == "day" and isinstance(value, date):
        return str(portal.weekday_words(value))
    if field.form == "time" and isinstance(value, datetime):
        return value.strftime("%H:%M")
    if field.form == "money" and isinstance(value, Decimal | int):
        return str(portal.money(value, currency))
    if isinstance(value, Mapping | list):
        return ""
    return str(value)
