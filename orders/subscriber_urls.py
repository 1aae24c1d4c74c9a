"""The customer's pages of a subscription, by the token of its link (P38, P39)."""

from django.urls import URLPattern, URLResolver, path

from orders.views import (
    subscriber,
    subscriber_address,
    subscriber_cancel,
    subscriber_changes,
    subscriber_proofs,
    subscriber_taps,
    writing_to_us,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("s/<str:token>/", subscriber.subscriber_page, name="subscriber_page"),
    path("s/<str:token>/do/<slug:deed>/", subscriber_taps.subscriber_do, name="subscriber_do"),
    path("s/<str:token>/undo/<int:event>/", subscriber_taps.subscriber_undo, name="subscriber_undo"),
    path("s/<str:token>/pay/", subscriber_taps.subscriber_pay, name="subscriber_pay"),
    path("s/<str:token>/card/", subscriber_taps.subscriber_card, name="subscriber_card"),
    path("s/<str:token>/orders/<str:number>/", subscriber_taps.subscriber_order, name="subscriber_order"),
    path("s/<str:token>/date/<int:number>/", subscriber_changes.subscriber_date, name="subscriber_date"),
    path("s/<str:token>/contents/", subscriber_changes.subscriber_contents, name="subscriber_contents"),
    path("s/<str:token>/pause/", subscriber_changes.subscriber_pause, name="subscriber_pause"),
    path("s/<str:token>/often/", subscriber_changes.subscriber_often, name="subscriber_often"),
    path("s/<str:token>/cancel/", subscriber_cancel.subscriber_cancel, name="subscriber_cancel"),
    path("s/<str:token>/address/", subscriber_address.subscriber_address, name="subscriber_address"),
    path("s/<str:token>/papers/", subscriber_address.subscriber_papers, name="subscriber_papers"),
    path(
        "s/<str:token>/papers/<slug:kind>/<str:number>/", subscriber_address.subscriber_paper, name="subscriber_paper"
    ),
    path("s/<str:token>/write/", writing_to_us.subscriber_write, name="subscriber_write"),
    path("s/<str:token>/prove/", subscriber_proofs.subscriber_prove, name="subscriber_prove"),
    path("s/<str:token>/code/", subscriber_proofs.subscriber_code, name="subscriber_code"),
    path("s/<str:token>/new-link/", subscriber_proofs.subscriber_new_link, name="subscriber_new_link"),
]
