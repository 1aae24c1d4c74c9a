"""What mail providers post to us, checked and read by django-anymail."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import tracking
from anymail.webhooks.base import AnymailBaseWebhookView
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest

PROVIDERS = ("mailgun", "postmark", "sendgrid", "brevo", "mailjet", "mailersend", "resend", "sparkpost", "postal")
# What a provider says when it will try again by itself, in the words of each.
_SOFT = frozenset({"softbounce", "transient", "temporary", "dnserror", "blocked", "soft", "soft_bounce", "deferred"})


class NotSetUp(Exception):
    """The provider is unknown, or its secret is missing; says which."""


class NotGenuine(Exception):
    """The message is not signed as it must be, or cannot be read."""


@dataclass(frozen=True)
class Told:
    """One event as the provider told it. `kind`: deferred, delivered, bounced, complained, or another that is only kept."""

    event_id: str
    kind: str
    is_hard: bool
    recipient: str
    named_id: str
    message_pk: str
    reason: str
    happened_at: datetime
    payload: Mapping[str, Any]


def read_events(provider: str, request: HttpRequest, *, now: datetime) -> list[Told]:
    """Checks who sent it, then reads it. Raises NotSetUp, NotGenuine."""
    view: Any = _view(provider)
    view.setup(request)
    try:
        view.run_validators(request)
        events = view.parse_events(request)
    except AnymailConfigurationError as problem:
        raise NotSetUp(str(problem)) from problem
    except AnymailWebhookValidationFailure as problem:
        raise NotGenuine(str(problem)) from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise NotGenuine(f"Not readable: {type(problem).__name__}") from problem
    return [_told(event, now) for event in events]


def _view(provider: str) -> AnymailBaseWebhookView:
    if provider not in PROVIDERS:
        raise NotSetUp(f"There is no provider {provider}")
    module = import_module(f"anymail.webhooks.{provider}")
    found = (getattr(module, name) for name in dir(module) if name.endswith("TrackingWebhookView"))
    chosen = next(one for one in found if getattr(one, "signal", None) is tracking)
    try:
        # An empty list would warn once more; what is unsigned is refused right below.
        view: AnymailBaseWebhookView = _quiet(chosen)()
    except AnymailConfigurationError as problem:
        raise NotSetUp(str(problem)) from problem
    if chosen.warn_if_no_basic_auth and not view.basic_auth:
        raise NotSetUp("Events are not set up: ANYMAIL names no WEBHOOK_SECRET")
    return view


def _quiet(chosen: Any) -> Any:
    return type(chosen.__name__, (chosen,), {"warn_if_no_basic_auth": False})


def _told(event: Any, now: datetime) -> Told:
    payload = json.loads(json.dumps(_plain(event.esp_event), cls=DjangoJSONEncoder, default=str))
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:40]
    metadata = event.metadata or {}
    return Told(
        event_id=f"{event.event_type}:{event.event_id or digest}:{(event.recipient or '').lower()}"[:200],
        kind=_kind(event),
        is_hard=_kind(event) == "bounced" and not _is_soft(payload),
        recipient=(event.recipient or "").strip().lower()[:254],
        named_id=str(event.message_id or "")[:250],
        message_pk=str(metadata.get("message", "")),
        reason=" ".join(str(event.description or event.mta_response or event.reject_reason or "").split())[:300],
        happened_at=event.timestamp or now,
        payload=payload,
    )


def _plain(raw: Any) -> Any:
    return {name: raw.getlist(name) for name in raw} if hasattr(raw, "getlist") else raw


def _kind(event: Any) -> str:
    """A refusal before sending means the same to us as a mail that came back."""
    kind = str(event.event_type)
    return "bounced" if kind == "rejected" and event.reject_reason in ("invalid", "bounced") else kind[:20]


def _is_soft(payload: Any) -> bool:
    """Providers name it in a field of their own: Type, severity, type, bounceType."""
    rows = [payload, payload.get("event-data", {})] if isinstance(payload, dict) else []
    said = {str(row.get(name, "")).lower() for row in rows if isinstance(row, dict) for name in ("Type", "severity", "type", "bounceType", "event")}  # fmt: skip
    return bool(said & _SOFT)
