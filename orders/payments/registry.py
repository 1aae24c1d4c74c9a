"""Which provider is meant by a name, and which one is set up."""

from django.conf import settings

from orders.payments.demo import Demo, is_chosen
from orders.payments.manual import Manual
from orders.payments.protocol import Provider
from orders.payments.stripe import Stripe


class UnknownProvider(Exception):
    """No provider has this name."""


def provider_of(name: str) -> Provider:
    """A provider ready to use. Raises UnknownProvider."""
    if name == Stripe.name:
        return Stripe(settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET, base=settings.STRIPE_API_BASE)
    if name == Demo.name and is_chosen():
        return Demo()
    # Channels name their own ways (bank, cash, a shop's gateway): money there is moved by people.
    return Manual()


def online_provider() -> Provider | None:
    """The provider that charges cards; None when none is set up."""
    if settings.STRIPE_SECRET_KEY:
        return provider_of(Stripe.name)
    return Demo() if is_chosen() else None
