"""Reading what carriers send: JSON in, reports out. Nothing here knows the database or the clock."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.utils.dateparse import parse_datetime

from fulfilment.carriers.statuses import status_of

MOST_EVENTS = 200


class NotUnderstood(ValueError):
    """The message cannot be read; the sentence names what and where."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One thing that happened to one parcel, in our words. `event_id` is the same whenever it is told."""

    tracking_number: str
    event_id: str
    status: str
    happened_at: datetime
    raw_status: str = ""
    message: str = ""
    place: str = ""
    incident: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


def read_message(message: Any, *, carrier: str) -> list[Report]:
    """Every event in our own shape, or that of EasyPost, AfterShip or karrio. Raises NotUnderstood."""
    if not isinstance(message, dict):
        raise NotUnderstood("The message must be a JSON object")
    for is_this, read in _DIALECTS:
        if is_this(message):
            reports = list(read(message, carrier))
            if not reports:
                raise NotUnderstood("The message holds no event")
            return reports
    raise NotUnderstood("tracking_number is missing")


def _own(message: Mapping[str, Any], carrier: str) -> Iterator[Report]:
    """{"tracking_number", "events": [{"event_id", "status", "happened_at", "message", "place", "incident"}]}"""
    number = _text(message, "tracking_number")
    events = _each(message["events"], "events") if "events" in message else [("", message)]
    for place, event in events:
        at = _moment(event.get("happened_at") or event.get("timestamp"), f"{place}.happened_at".lstrip("."))
        raw = _text(event, "status", place) if event.get("status") else _text(event, "code", place)
        yield _report(
            number,
            raw,
            at,
            carrier,
            event_id=event.get("event_id"),
            message=event.get("message") or event.get("description"),
            place=event.get("place") or event.get("location"),
            incident=event.get("incident") or event.get("reason"),
            payload=event,
        )


def _easypost(message: Mapping[str, Any], carrier: str) -> Iterator[Report]:
    tracker = message["result"] if isinstance(message.get("result"), dict) else message
    number = _text(tracker, "tracking_code", "result")
    for place, event in _each(tracker.get("tracking_details"), "tracking_details"):
        where = event.get("tracking_location") or {}
        yield _report(
            number,
            _text(event, "status", place),
            _moment(event.get("datetime"), f"{place}.datetime"),
            carrier,
            message=event.get("message"),
            place=", ".join(str(where[key]) for key in ("city", "state", "country") if where.get(key)),
            payload=event,
        )


def _aftership(message: Mapping[str, Any], carrier: str) -> Iterator[Report]:
    tracking = message["msg"]
    number = _text(tracking, "tracking_number", "msg")
    for place, event in _each(tracking.get("checkpoints"), "msg.checkpoints"):
        yield _report(
            number,
            _text(event, "tag", place),
            _moment(event.get("checkpoint_time"), f"{place}.checkpoint_time"),
            carrier,
            message=event.get("message"),
            place=event.get("location") or event.get("city"),
            payload=event,
        )


_DIALECTS: list[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any], str], Iterator[Report]]]] = [
    (lambda message: message.get("object") in ("Event", "Tracker"), _easypost),
    (lambda message: isinstance(message.get("msg"), dict), _aftership),
    (lambda message: "tracking_number" in message, _own),
]


def _report(
    number: str,
    raw: str,
    at: datetime,
    carrier: str,
    *,
    event_id: Any = None,
    message: Any = "",
    place: Any = "",
    incident: Any = "",
    payload: Mapping[str, Any],
) -> Report:
    return Report(
        tracking_number=number,
        event_id=_own_id(event_id) or fingerprint(number, raw, at, str(message or "")),
        status=status_of(raw, carrier=carrier),
        raw_status=raw[:80],
        happened_at=at,
        message=_words(message, 300),
        place=_words(place, 120),
        incident=_words(incident, 60),
        payload=payload,
    )


def fingerprint(number: str, raw: str, at: datetime, message: str) -> str:
    """An id for events that bring none: the same event told again has the same."""
    return sha256("\x1f".join((number, raw, at.astimezone(UTC).isoformat(), message)).encode()).hexdigest()[:40]


def _own_id(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool) or not 0 < len(str(value)) <= 120:
        raise NotUnderstood("event_id must be 1 to 120 characters")
    return _words(value, 120)


def _each(events: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(events, list):
        raise NotUnderstood(f"{place} must be a list")
    if len(events) > MOST_EVENTS:
        raise NotUnderstood(f"{place} holds more than {MOST_EVENTS} events")
    for i, event in enumerate(events):
        if not isinstance(event, dict):
            raise NotUnderstood(f"{place}[{i}] must be an object")
        yield f"{place}[{i}]", event


def _text(record: Mapping[str, Any], name: str, place: str = "") -> str:
    value = record.get(name)
    words = _words(value, 80) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not words:
        raise NotUnderstood(f"{place}.{name} is missing" if place else f"{name} is missing")
    return words


def _words(value: Any, most: int) -> str:
    """Text for a column: a scalar, without control characters, cut to its length."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in str(value)).split())[:most]


def _moment(value: Any, place: str) -> datetime:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 2000 <= at.year <= 2100:
        raise NotUnderstood(f"{place} must be a date and time with its zone, such as 2026-11-22T10:12:00Z")
    return at.astimezone(UTC)
