"""Items and stock over REST, to read."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Sku, SkuPrice, StockLevel
from ordermgmt.api import NewestFirst, amount


class PriceOut(serializers.ModelSerializer[SkuPrice]):
    amount = serializers.SerializerMethodField()

    class Meta:
        model = SkuPrice
        fields = ("currency", "amount")

    def get_amount(self, price: SkuPrice) -> str:
        return amount(price.amount, price.currency)


class ItemOut(serializers.ModelSerializer[Sku]):
    product = serializers.CharField(source="product.code", read_only=True)
    prices = PriceOut(many=True, read_only=True)

    class Meta:
        model = Sku
        fields = (
            "code", "name", "product", "status", "barcode", "weight_g", "length_mm", "width_mm", "height_mm",
            "origin_country", "hs_code", "is_bundle", "prices",
        )  # fmt: skip


class StockOut(serializers.ModelSerializer[StockLevel]):
    sku = serializers.CharField(source="sku.code", read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", read_only=True)
    available = serializers.IntegerField(source="free", read_only=True)

    class Meta:
        model = StockLevel
        fields = ("sku", "warehouse", "on_hand", "unsaleable", "allocated", "safety", "available")


class ItemRoute(generics.ListAPIView[Sku]):
    """`/api/v1/items/`"""

    scope_read = "inventory:read"
    serializer_class = ItemOut
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Sku]:
        rows = Sku.objects.select_related("product").prefetch_related("prices")
        asked = self.request.query_params
        named = {"code": asked.get("code"), "barcode": asked.get("barcode")}
        return rows.filter(**{name: value.replace("\x00", "") for name, value in named.items() if value})

    @extend_schema(parameters=[OpenApiParameter("code", str), OpenApiParameter("barcode", str)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What is sold: every SKU, newest first."""
        return self.list(request, *args, **kwargs)


class StockRoute(generics.ListAPIView[StockLevel]):
    """`/api/v1/stock/`"""

    scope_read = "inventory:read"
    serializer_class = StockOut
    pagination_class = NewestFirst
    lookups: ClassVar = {"sku": "sku__code", "warehouse": "warehouse__code"}

    def get_queryset(self) -> QuerySet[StockLevel]:
        rows = StockLevel.objects.select_related("sku", "warehouse")
        asked = self.request.query_params
        named = {field: asked.get(name) for name, field in self.lookups.items()}
        return rows.filter(**{field: value.replace("\x00", "") for field, value in named.items() if value})

    @extend_schema(parameters=[OpenApiParameter("sku", str), OpenApiParameter("warehouse", str)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Units by SKU and warehouse; `available` may still be promised."""
        return self.list(request, *args, **kwargs)
