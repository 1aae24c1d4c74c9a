from django.urls import URLPattern, URLResolver, path

from orders.views import order_list

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", order_list.order_list, name="order_list"),
    path("orders/<str:number>/peek/", order_list.order_peek, name="order_peek"),
]
