"""The timeline of an order: its history, its notes and what its customer was told, newest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.models import Activity, ActivityCategory, MessageState, OutgoingMessage

MOST = 200
_TONES: dict[str, str] = {
    ActivityCategory.WAREHOUSE: "active",
    ActivityCategory.CARRIER: "waiting",
    ActivityCategory.MESSAGES: "waiting",
    ActivityCategory.NOTES: "warn",
}


@dataclass(frozen=True)
class Event:
    at: datetime
    text: str
    by: str
    tone: str = "neutral"
    note: str = ""
    saw: str = ""
    url: str = ""
    url_label: str = ""
    undo: str = ""


@dataclass(frozen=True)
class Day:
    day: Any
    events: list[Event]


def timeline(number: str, *, category: str, today: date) -> list[Day]:
    """Two queries, at most 200 events; `category` empty means everything."""
    events: list[Event] = []
    lines = Activity.objects.of(number)
    if category:
        lines = lines.filter(category=category)
    if category != ActivityCategory.MESSAGES:
        events += [_line(line) for line in lines[:MOST]]
    if category in ("", ActivityCategory.MESSAGES):
        events += [
            _message(message) for message in OutgoingMessage.objects.filter(thread=number).order_by("-pk")[:MOST]
        ]
    return _by_day(sorted(events, key=lambda event: event.at, reverse=True), today)


def chips(number: str, category: str, path: str) -> Sequence[dict[str, Any]]:
    """Filter chips as tabs; each is a link that works without JavaScript."""
    every = [("", _("All")), *ActivityCategory.choices]
    return [
        {
            "label": label,
            "href": f"{path}?show={value}#timeline" if value else f"{path}#timeline",
            "current": value == category,
        }
        for value, label in every
    ]


def _line(line: Activity) -> Event:
    is_note = line.category == ActivityCategory.NOTES
    words = str(line.facts.get("note", "")) if is_note else ""
    return Event(
        at=line.at, text=_("Note") if is_note else line.text, by=line.actor, tone=_TONES.get(line.category, "neutral"), note=words
    )  # fmt: skip


def _message(message: OutgoingMessage) -> Event:
    state = {
        MessageState.SENT: _("E-mail sent to {to}"),
        MessageState.WITHDRAWN: _("E-mail to {to} withdrawn"),
        MessageState.DEAD: _("E-mail to {to} could not be sent"),
    }.get(MessageState(message.state), _("E-mail to {to} leaves soon"))
    tone = "bad" if message.state == MessageState.DEAD else "waiting"
    return Event(
        at=message.sent_at or message.created_at,
        text=state.format(to=message.recipient),
        by="",
        tone=tone,
        saw=message.subject_line,
    )


def _by_day(events: Iterable[Event], today: date) -> list[Day]:
    days = groupby(events, key=lambda event: business_day(event.at))
    return [Day(_day_words(day, today), list(group)) for day, group in days]


def _day_words(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    return date_format(day, "l j F" if day.year == today.year else "l j F Y")
