"""Parcels over REST, to read."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fulfilment.models import Carton, Shipment, ShipmentLine
from ordermgmt.api import NewestFirst
from ordermgmt.models import ApiClient
from orders.api import own_channel


class ShipmentLineOut(serializers.ModelSerializer[ShipmentLine]):
    sku = serializers.CharField(source="sku.code", read_only=True)

    class Meta:
        model = ShipmentLine
        fields = ("sku", "quantity")


class CartonOut(serializers.ModelSerializer[Carton]):
    lines = ShipmentLineOut(many=True, read_only=True)
    tracking_number = serializers.SerializerMethodField()

    class Meta:
        model = Carton
        fields = ("sscc", "weight_g", "tracking_number", "lines")

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_tracking_number(self, carton: Carton) -> str | None:
        return next((label.tracking_number for label in carton.labels.all() if label.voided_at is None), None)


class ShipmentOut(serializers.ModelSerializer[Shipment]):
    order = serializers.CharField(source="order.number", read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", read_only=True)
    carrier = serializers.CharField(source="carrier.code", read_only=True)
    cartons = CartonOut(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = (
            "number", "order", "warehouse", "status", "carrier", "service", "carrier_status", "expected_on",
            "packed_at", "dispatched_at", "delivered_at", "cartons",
        )  # fmt: skip


class ShipmentRoute(generics.ListAPIView[Shipment]):
    """`/api/v1/shipments/`"""

    scope_read = "fulfilment:read"
    serializer_class = ShipmentOut
    pagination_class = NewestFirst
    lookups: ClassVar = {"order": "order__number", "number": "number", "status": "status"}

    def get_queryset(self) -> QuerySet[Shipment]:
        if not isinstance(self.request.user, ApiClient):
            return Shipment.objects.none()
        rows = Shipment.objects.select_related("order", "warehouse", "carrier")
        if code := own_channel(self.request.user):
            rows = rows.filter(order__channel__code=code)
        asked = self.request.query_params
        named = {field: asked.get(name) for name, field in self.lookups.items()}
        rows = rows.filter(**{field: value.replace("\x00", "") for field, value in named.items() if value})
        return rows.prefetch_related("cartons__lines__sku", "cartons__labels")

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in ("order", "number", "status")])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Parcels with their cartons and tracking numbers, newest first."""
        return self.list(request, *args, **kwargs)
