from django.urls import URLPattern, URLResolver, path

from fulfilment import api

urlpatterns: list[URLPattern | URLResolver] = [path("shipments/", api.ShipmentRoute.as_view(), name="api_shipments")]
