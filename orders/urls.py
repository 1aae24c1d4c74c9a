from django.urls import URLPattern, URLResolver, include, path

from orders.views import invoices, order_list

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", order_list.order_list, name="order_list"),
    path("invoices/", invoices.invoice_list, name="invoice_list"),
    path("invoices/<str:number>/", invoices.invoice, name="invoice"),
    # Last: anything else under orders/ is the number of an order.
    path("orders/<str:number>/", include("orders.order_urls")),
]
