"""Where mail comes in: signed, bounded, kept before it is understood."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.actions.mail_keeping import MailTooLarge, keep_mail
from ordermgmt.access import public_page

WINDOW_SECONDS = 300


@csrf_exempt
@public_page
@require_POST
def mail_hook(request: HttpRequest) -> JsonResponse:
    """The mail as it came (`message/rfc822`), with `Webhook-Timestamp` (unix seconds) and `Webhook-Signature`."""
    if not settings.INBOUND_MAIL_SECRET:
        return _no(503, "Inbound mail is not set up: INBOUND_MAIL_SECRET is empty")
    most = settings.INBOUND_MAIL_MAX_BYTES
    if int(request.headers.get("Content-Length") or 0) > most:
        return _no(413, f"A mail may have {most} bytes")
    raw, now = request.read(most + 1), timezone.now()
    stamp = request.headers.get("Webhook-Timestamp", "")
    if not _is_fresh(stamp, now):
        return _no(401, "Webhook-Timestamp must be unix seconds of the last five minutes")
    right = signature(settings.INBOUND_MAIL_SECRET, stamp, raw)
    if not hmac.compare_digest(right.encode(), request.headers.get("Webhook-Signature", "").encode()):
        return _no(401, "The signature does not match")
    if not raw.strip():
        return _no(400, "The mail is empty")
    try:
        _row, is_new = keep_mail(raw, source="hook", now=now)
    except MailTooLarge as problem:
        return _no(413, str(problem))
    return JsonResponse({"state": "kept" if is_new else "known"}, status=202 if is_new else 200)


def signature(secret: str, stamp: str, raw: bytes) -> str:
    """Hex HMAC-SHA256 of `timestamp.mail.` and the bytes of the mail."""
    return hmac.new(secret.encode(), f"{stamp}.mail.".encode() + raw, sha256).hexdigest()


def _is_fresh(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)).total_seconds() <= WINDOW_SECONDS


def _no(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
