"""Where mail providers hand on the mail of our customers. django-anymail knows how each says and signs it."""

from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.webhooks.mailersend import MailerSendInboundWebhookView
from anymail.webhooks.mailgun import MailgunInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.postal import PostalInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from anymail.webhooks.sendgrid import SendGridInboundWebhookView
from anymail.webhooks.sparkpost import SparkPostInboundWebhookView
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.actions.mail_keeping import MailTooLarge, keep_mail
from ordermgmt.access import public_page

# Those that post the mail itself, so that nothing has to be fetched from them before it is kept.
PROVIDERS: dict[str, Any] = {
    "mailersend": MailerSendInboundWebhookView,
    "mailgun": MailgunInboundWebhookView,
    "mailjet": MailjetInboundWebhookView,
    "postal": PostalInboundWebhookView,
    "postmark": PostmarkInboundWebhookView,
    "sendgrid": SendGridInboundWebhookView,
    "sparkpost": SparkPostInboundWebhookView,
}
# Providers write the mail as JSON or forms, which is longer than the mail.
WRAPPED = 1.5


@csrf_exempt
@public_page
@require_POST
def provider_mail(request: HttpRequest, provider: str) -> JsonResponse:
    """With the login of INBOUND_MAIL_LOGIN and the provider's signature; the same mail again changes nothing."""
    hook_class = PROVIDERS.get(provider)
    if hook_class is None:
        return _no(404, "There is no such provider")
    if not settings.INBOUND_MAIL_LOGIN:
        return _no(503, "Inbound mail is not set up: INBOUND_MAIL_LOGIN is empty")
    if int(request.headers.get("Content-Length") or 0) > settings.INBOUND_MAIL_MAX_BYTES * WRAPPED:
        return _no(413, f"A mail may have {settings.INBOUND_MAIL_MAX_BYTES} bytes")
    try:
        mails = _mails(hook_class, request)
        kept = [keep_mail(mail, source=provider, now=timezone.now())[1] for mail in mails]
    except AnymailWebhookValidationFailure:
        return _no(401, "The login or the signature does not match")
    except AnymailConfigurationError as problem:
        return _no(503, str(problem)[:300])
    except MailTooLarge as problem:
        return _no(413, str(problem))
    except (SuspiciousOperation, LookupError, TypeError, AttributeError, ValueError) as problem:
        return _no(400, f"Not understood: {type(problem).__name__}")
    return JsonResponse({"kept": sum(kept), "known": len(kept) - sum(kept)})


def _mails(hook_class: Any, request: HttpRequest) -> list[bytes]:
    hook = hook_class(webhook_secret=settings.INBOUND_MAIL_LOGIN)
    hook.run_validators(request)
    return [event.message.as_bytes() for event in hook.parse_events(request)]


def _no(status: int, words: str) -> JsonResponse:
    return JsonResponse({"error": words}, status=status)
