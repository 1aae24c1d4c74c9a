"""Where payment providers tell what happened: signed, small, stored before it is understood."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ordermgmt.access import public_page
from orders.actions.provider_events import keep_event
from orders.payments.protocol import BadSignature
from orders.payments.registry import provider_of
from orders.payments.stripe import Stripe

LARGEST = 512 * 1024


@csrf_exempt
@public_page
@require_POST
def stripe_hook(request: HttpRequest) -> JsonResponse:
    """`Stripe-Signature` over the body; the same event again is answered as well and changes nothing."""
    if not settings.STRIPE_WEBHOOK_SECRET:
        return _no(503, "Webhooks are not set up: STRIPE_WEBHOOK_SECRET is empty")
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _no(413, f"A message may have {LARGEST} bytes")
    try:
        told = provider_of(Stripe.name).read_event(body, request.headers.get("Stripe-Signature", ""))
    except BadSignature as problem:
        return _no(400, str(problem))
    is_new = keep_event(Stripe.name, told, now=timezone.now())
    return JsonResponse({"state": "kept" if is_new else "known"})


def _no(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
