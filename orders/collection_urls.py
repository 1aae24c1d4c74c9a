"""Pages of payments, payouts, refunds and dunning, the customer's pay page, and the providers' webhooks."""

from django.urls import URLPattern, URLResolver, path

from orders.views import provider_hooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("hooks/stripe/", provider_hooks.stripe_hook, name="stripe_hook"),
]
