"""Where carriers tell us what happened: signed, small, each message stored and worked once."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fulfilment.actions.tracking import hear, keep_message, refuse_message
from fulfilment.carriers.messages import NotUnderstood, read_message
from fulfilment.models import Carrier
from ordermgmt.access import public_page

LARGEST = 256 * 1024
WINDOW_SECONDS = 300


class BadSignature(Exception):
    """The message is not signed by the carrier, or is too old; the sentence says which."""


@csrf_exempt
@public_page
@require_POST
def carrier_webhook(request: HttpRequest, code: str) -> JsonResponse:
    """`Webhook-Timestamp` (unix seconds) and `Webhook-Signature`, see `signature`."""
    now = timezone.now()
    if not Carrier.objects.filter(code=code, is_active=True).exists():
        return _no(404, "There is no such carrier")
    if not settings.CARRIER_WEBHOOK_SECRETS.get(code):
        return _no(503, f"Webhooks of this carrier are not set up: CARRIER_WEBHOOK_SECRETS does not name {code}")
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return _no(413, f"A message may have {LARGEST} bytes")
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _no(413, f"A message may have {LARGEST} bytes")
    try:
        check_signature(request, code, body, now)
    except BadSignature as problem:
        return _no(401, str(problem))
    return _work(code, body, now)


def _work(code: str, body: bytes, now: datetime) -> JsonResponse:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _no(400, "The message is not UTF-8")
    message = keep_message(code, text.replace("\x00", ""), now=now)
    if message.state == "done":
        return JsonResponse({"state": "duplicate", "new": 0})
    try:
        reports = read_message(strict_json(text), carrier=code)
    except NotUnderstood as problem:
        refuse_message(message, problem)
        return _no(422, str(problem))
    heard = hear(message, reports, now=now)
    return JsonResponse(
        {"state": message.state, "new": heard.new, "known": heard.known, "refused": heard.refused},
        status=200 if message.state == "done" else 202,
    )


def check_signature(request: HttpRequest, code: str, body: bytes, now: datetime) -> None:
    """Compared in constant time; a message older or newer than five minutes is refused."""
    stamp = request.headers.get("Webhook-Timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise BadSignature("Webhook-Timestamp must be unix seconds")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)).total_seconds() > WINDOW_SECONDS:
        raise BadSignature("The message is not from the last five minutes")
    given = request.headers.get("Webhook-Signature", "")
    right = signature(settings.CARRIER_WEBHOOK_SECRETS[code], stamp, code, body)
    if not hmac.compare_digest(right.encode(), given.encode()):
        raise BadSignature("The signature does not match")


def signature(secret: str, stamp: str, code: str, body: bytes) -> str:
    """Hex HMAC-SHA256 of `timestamp.code.body`: a message to one carrier's address is none to another's."""
    return hmac.new(secret.encode(), f"{stamp}.{code}.".encode() + body, sha256).hexdigest()


def strict_json(text: str) -> Any:
    """JSON that every database can keep: no NaN, no double keys, no endless numbers, no broken characters."""
    try:
        tree = json.loads(text, parse_constant=_refuse, object_pairs_hook=_object, parse_int=_integer)
        if "\x00" in json.dumps(tree, ensure_ascii=False).encode().decode() or "\\u0000" in text:
            raise NotUnderstood("The message holds a character that is not text")
    except RecursionError:
        raise NotUnderstood("The message is nested too deeply") from None
    except UnicodeEncodeError:
        raise NotUnderstood("The message holds a character that is not text") from None
    except json.JSONDecodeError as problem:
        raise NotUnderstood(
            f"Not valid JSON at line {problem.lineno}, character {problem.colno}: {problem.msg}"
        ) from None
    return tree


def _refuse(literal: str) -> Any:
    raise NotUnderstood(f"{literal} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > 30:
        raise NotUnderstood("A number has more than 30 digits")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotUnderstood("A key stands twice in one object")
    return found


def _no(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
