"""Pages of subscriptions for staff (P12, P13)."""

from django.urls import URLPattern, URLResolver, path

from orders.views import (
    subscription_bulk,
    subscription_changes,
    subscription_detail,
    subscription_list,
    subscription_new,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", subscription_list.subscription_list, name="subscription_list"),
    path("new/", subscription_new.subscription_new, name="subscription_new"),
    path("bulk/<slug:slug>/", subscription_bulk.subscription_bulk, name="subscription_bulk"),
    path("runs/<str:number>/", subscription_bulk.subscription_bulk_run, name="subscription_bulk_run"),
    path("runs/<str:number>/undo/", subscription_bulk.subscription_bulk_undo, name="subscription_bulk_undo"),
    path("<str:number>/", subscription_detail.subscription_detail, name="subscription_detail"),
    path("<str:number>/peek/", subscription_list.subscription_peek, name="subscription_peek"),
    path("<str:number>/skip/", subscription_changes.subscription_skip, name="subscription_skip"),
    path("<str:number>/unskip/", subscription_changes.subscription_unskip, name="subscription_unskip"),
    path("<str:number>/change/<slug:slug>/", subscription_changes.subscription_change, name="subscription_change"),
    path("<str:number>/undo/<int:event_id>/", subscription_changes.subscription_undo, name="subscription_undo"),
]
