"""What must not be so in production: `manage.py check --deploy` refuses it."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def no_pretended_cards(app_configs: Any, **kwargs: Any) -> list[Error]:
    if not settings.DEMO_CARDS:
        return []
    words = "DEMO_CARDS pretends that customers pay."
    return [Error(words, hint="Remove DEMO_CARDS and set STRIPE_SECRET_KEY.", id="orders.E001")]
