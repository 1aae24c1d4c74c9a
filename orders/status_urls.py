"""Customers' pages: an order by the token of its link, and finding the link again."""

from django.urls import URLPattern, URLResolver, path

from orders.views import finding, status, status_changes, status_proofs, writing_to_us

urlpatterns: list[URLPattern | URLResolver] = [
    path("find/", finding.find_order, name="find_order"),
    path("o/<str:token>/", status.order_status, name="order_status"),
    path("o/<str:token>/address/", status_changes.status_address, name="status_address"),
    path("o/<str:token>/cancel/", status_changes.status_cancel, name="status_cancel"),
    path("o/<str:token>/plan/", status_changes.status_plan, name="status_plan"),
    path("o/<str:token>/code/", status_proofs.status_code, name="status_code"),
    path("o/<str:token>/write/", writing_to_us.status_write, name="status_write"),
    path("o/<str:token>/new-link/", status_proofs.status_new_link, name="status_new_link"),
]
