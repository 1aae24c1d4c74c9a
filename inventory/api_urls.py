from django.urls import URLPattern, URLResolver, path

from inventory import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("items/", api.ItemRoute.as_view(), name="api_items"),
    path("stock/", api.StockRoute.as_view(), name="api_stock"),
]
