from django.urls import URLPattern, URLResolver, include, path, re_path

from orders.views import customer_helping, customer_merge, customer_moving, inbound, order_bulk, order_list, order_new

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/<str:number>/merge/", customer_merge.customer_merge, name="customer_merge"),
    path("customers/<str:number>/move/", customer_moving.customer_move, name="customer_move"),
    path("customers/<str:number>/give-credit/", customer_helping.customer_credit, name="customer_credit"),
    path("customers/<str:number>/login-link/", customer_helping.customer_login_link, name="customer_login_link"),
    path(
        "customers/<str:number>/pay-link/<str:invoice>/", customer_helping.customer_pay_link, name="customer_pay_link"
    ),
    path("customers/<str:number>/as-customer/<str:record_number>/", customer_helping.customer_as, name="customer_as"),
    path("orders/", order_list.order_list, name="order_list"),
    path("orders/new/", order_new.order_new, name="order_new"),
    path("orders/new/customers/", order_new.order_new_customers, name="order_new_customers"),
    path("orders/new/items/", order_new.order_new_items, name="order_new_items"),
    path("orders/new/promised/", order_new.order_new_promised, name="order_new_promised"),
    path("orders/new/restore/<str:token>/", order_new.order_restore, name="order_restore"),
    path("orders/bulk/undo/", order_bulk.bulk_undo, name="order_bulk_undo"),
    path("orders/bulk/<slug:slug>/", order_bulk.bulk, name="order_bulk"),
    path("inbound/", inbound.inbound_list, name="inbound_list"),
    path("inbound/new/", inbound.inbound_take_in, name="inbound_take_in"),
    path("inbound/<int:pk>/", inbound.inbound_detail, name="inbound_detail"),
    path("inbound/<int:pk>/document/", inbound.inbound_payload, name="inbound_payload"),
    path("inbound/<int:pk>/replay/", inbound.inbound_replay, name="inbound_replay"),
    path("inbound/<int:pk>/map/", inbound.inbound_map, name="inbound_map"),
    re_path(
        r"^inbound/versions/(?P<pk>\d{1,18})/(?P<deed>apply|reject|settle|again)/$",
        inbound.inbound_decide,
        name="inbound_decide",
    ),
    path("", include("orders.billing_urls")),
    path("", include("orders.collection_urls")),
    path("plans/", include("orders.plan_urls")),
    path("reports/", include("orders.report_urls")),
    path("subscriptions/", include("orders.subscription_urls")),
    path("renewals/", include("orders.renewal_urls")),
    path("", include("orders.status_urls")),
    path("", include("orders.subscriber_urls")),
    # Last: anything else under orders/ is the number of an order.
    path("orders/<str:number>/", include("orders.order_urls")),
]
