from django.urls import URLPattern, URLResolver, path

from orders import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", api.OrderRoute.as_view(), name="api_orders"),
    path("orders/<str:number>/", api.OrderDetail.as_view(), name="api_order"),
    path("orders/<str:number>/cancel/", api.OrderCancel.as_view(), name="api_order_cancel"),
    path("orders/<str:number>/holds/", api.OrderHolds.as_view(), name="api_order_holds"),
]
