"""The history of a record as its page shows it: newest first, grouped by day."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.history import SYSTEM
from ordermgmt.models import Activity, ActivityCategory

MOST = 100
TONES = {
    ActivityCategory.WAREHOUSE: "active",
    ActivityCategory.CARRIER: "waiting",
    ActivityCategory.MESSAGES: "waiting",
}


def history_of(number: str, *, now: datetime) -> list[dict[str, Any]]:
    """One query, at most MOST lines, ready for components/timeline.html."""
    return by_day(Activity.objects.of(number)[:MOST], now=now)


def by_day(lines: Iterable[Activity], *, now: datetime) -> list[dict[str, Any]]:
    """Lines that are newest first, as days with their events."""
    return [
        {"day": _day_words(day, now), "events": [_event(line) for line in group]}
        for day, group in groupby(lines, key=lambda line: business_day(line.at))
    ]


def _event(line: Activity) -> dict[str, Any]:
    is_note = line.category == ActivityCategory.NOTES
    return {
        "at": line.at,
        "by": line.actor,
        "text": _("Note") if is_note else line.text,
        "note": line.text if is_note else "",
        "tone": TONES.get(ActivityCategory(line.category), "neutral"),
    }


def _day_words(day: Any, now: datetime) -> str:
    today = business_day(now)
    if day == today:
        return _("Today")
    return date_format(day, "D j M" if day.year == today.year else "D j M Y").replace(" ", "\u00a0")


def field_changes(*records: Model) -> list[dict[str, Any]]:
    """Field by field, what changed on master records, the admin zone included: one query, newest first."""
    types = {type(record): ContentType.objects.get_for_model(type(record)) for record in records}
    same = Q(pk=None)
    for record in records:
        same |= Q(content_type=types[type(record)], object_pk=str(record.pk))
    entries = LogEntry.objects.filter(same, action=LogEntry.Action.UPDATE).select_related("actor").order_by("-pk")
    return [
        {
            "at": entry.timestamp,
            "by": str(entry.actor or SYSTEM),
            "field": field.replace("_", " "),
            "old": old,
            "new": new,
        }
        for entry in entries[:MOST]
        for field, (old, new) in entry.changes_dict.items()
    ]
