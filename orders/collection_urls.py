"""Pages of payments, payouts, refunds and dunning, the customer's pay page, and the providers' webhooks."""

from django.urls import URLPattern, URLResolver, path

from orders.views import (
    demo_cards,
    dunning,
    dunning_rules,
    pay,
    payments,
    payouts,
    provider_hooks,
    refunds,
    waiting_charges,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("dunning/", dunning.dunning_list, name="dunning_list"),
    path("dunning/rules/", dunning_rules.dunning_rules, name="dunning_rules"),
    path("dunning/rules/save/", dunning_rules.dunning_rules_save, name="dunning_rules_save"),
    path("dunning/<str:number>/", dunning.dunning_case, name="dunning_case"),
    path("dunning/<str:number>/write-off/", dunning.dunning_write_off, name="dunning_write_off"),
    path("dunning/<str:number>/<slug:deed>/", dunning.dunning_deed, name="dunning_deed"),
    path("payments/", payments.payment_list, name="payment_list"),
    path("payments/not-shipped/", payments.not_shipped, name="not_shipped"),
    path("payments/waiting/", waiting_charges.charges_waiting, name="charges_waiting"),
    path("payments/disputes/", payments.dispute_list, name="dispute_list"),
    path("payments/<int:pk>/", payments.payment, name="payment"),
    path("payments/<int:pk>/refund/", payments.payment_refund, name="payment_refund"),
    path("payouts/", payouts.payout_list, name="payout_list"),
    path("payouts/<str:reference>/", payouts.payout, name="payout"),
    path("payouts/<str:reference>/match/", payouts.payout_match, name="payout_match"),
    path("payouts/lines/<int:pk>/match/", payouts.payout_line, name="payout_line"),
    path("refunds/", refunds.refund_list, name="refund_list"),
    path("refunds/<str:number>/", refunds.refund, name="refund"),
    path("refunds/<str:number>/decide/", refunds.refund_decide, name="refund_decide"),
    path("p/<str:token>/", pay.pay, name="pay"),
    path("p/<str:token>/start/", pay.pay_start, name="pay_start"),
    path("p/<str:token>/card/", pay.pay_card, name="pay_card"),
    path("p/<str:token>/new-link/", pay.pay_new_link, name="pay_new_link"),
    path("demo-cards/<str:reference>/", demo_cards.demo_card_page, name="demo_card_page"),
    path("hooks/stripe/", provider_hooks.stripe_hook, name="stripe_hook"),
]
