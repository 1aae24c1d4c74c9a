from django.urls import URLPattern, URLResolver, path

from orders.views import invoices, order_list

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", order_list.order_list, name="order_list"),
    path("orders/<str:number>/peek/", order_list.order_peek, name="order_peek"),
    path("invoices/", invoices.invoice_list, name="invoice_list"),
    path("invoices/<str:number>/", invoices.invoice, name="invoice"),
]
