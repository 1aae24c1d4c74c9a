"""Pages of payments, payouts, refunds and dunning, the customer's pay page, and the providers' webhooks."""

from django.urls import URLPattern, URLResolver, path

from orders.views import pay, provider_hooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("p/<str:token>/", pay.pay, name="pay"),
    path("p/<str:token>/start/", pay.pay_start, name="pay_start"),
    path("p/<str:token>/card/", pay.pay_card, name="pay_card"),
    path("hooks/stripe/", provider_hooks.stripe_hook, name="stripe_hook"),
]
