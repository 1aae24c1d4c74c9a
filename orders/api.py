"""Orders over REST: place, list, look at, cancel, hold."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ordermgmt.api import NewestFirst, StrictSerializer, amount, answer_once, body_of, client_of
from ordermgmt.idempotency import Answer
from ordermgmt.models import ApiClient
from ordermgmt.retrying import retries_conflicts
from orders.actions.cancellation import TooLateToCancel, cancel
from orders.actions.holds import NotOpen, hold
from orders.actions.owing_again import lock_subscription_of
from orders.actions.progress import lock_order
from orders.actions.taking_in import Outcome, take_in, take_in_within
from orders.intake.document import Document
from orders.intake.registry import PARSERS
from orders.intake.splitting import kept
from orders.models import Channel, Order, OrderAddress, OrderLine
from orders.states import ChannelKind, HoldCode, OrderStatus, Stage

DEFAULT_CHANNEL = "api"
STATUS_OF = {"accepted": 201, "held": 201, "changed": 202, "duplicate": 200, "refused": 422}
LOOKUPS = {
    "status": "status",
    "payment_status": "payment_status",
    "fulfilment_status": "fulfilment_status",
    "external_number": "external_number",
    "external_id": "inbound__external_id",
}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="The same key again replays the first answer."
)


class NoChannel(Exception):
    """The key belongs to a channel that does not exist or does not take orders over the API."""


# What goes out -----------------------------------------------------------------------------------
class AddressOut(serializers.ModelSerializer[OrderAddress]):
    class Meta:
        model = OrderAddress
        fields = ("kind", *OrderAddress.POSTAL_NAMES)


class LineOut(serializers.ModelSerializer[OrderLine]):
    sku = serializers.CharField(source="sku.code", default=None, read_only=True)
    unit_price = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()

    class Meta:
        model = OrderLine
        fields = (
            "position", "kind", "sku", "external_id", "external_code", "name", "ordered", "cancelled", "backordered",
            "promised", "allocated", "picked", "packed", "shipped", "returned", "unit_price", "total",
        )  # fmt: skip

    def get_unit_price(self, line: OrderLine) -> str:
        return amount(line.unit_price, line.order.currency)

    def get_total(self, line: OrderLine) -> str:
        return amount(line.total, line.order.currency)


class OrderBrief(serializers.ModelSerializer[Order]):
    channel = serializers.CharField(source="channel.code", read_only=True)
    total = serializers.SerializerMethodField()
    is_held = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields: tuple[str, ...] = (
            "number", "external_number", "channel", "status", "payment_status", "fulfilment_status", "is_held",
            "currency", "total", "units", "placed_at", "promised_ship_on", "promised_delivery_on", "cancelled_at",
        )  # fmt: skip

    def get_total(self, order: Order) -> str:
        return amount(order.total, order.currency)

    def get_is_held(self, order: Order) -> bool:
        return any(held.released_at is None for held in order.holds.all())


class OrderOut(OrderBrief):
    lines = LineOut(many=True, read_only=True)
    addresses = AddressOut(many=True, read_only=True)
    holds = serializers.SerializerMethodField()
    shipments = serializers.SerializerMethodField()

    class Meta(OrderBrief.Meta):
        fields = (*OrderBrief.Meta.fields, "lines", "addresses", "holds", "shipments")

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_holds(self, order: Order) -> list[dict[str, Any]]:
        return [
            {"code": held.code, "reason": held.reason, "opened_at": held.opened_at, "blocks": sorted(held.stages)}
            for held in order.holds.all()
            if held.released_at is None
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_shipments(self, order: Order) -> list[str]:
        return [shipment.number for shipment in order.shipments.all()]


class FindingOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    severity = serializers.CharField()
    place = serializers.CharField(help_text="JSON pointer into the document")
    message = serializers.CharField()
    value = serializers.CharField()


class ReceiptOut(serializers.Serializer[Any]):
    external_id = serializers.CharField()
    state = serializers.ChoiceField(choices=sorted(STATUS_OF))
    order = serializers.CharField(allow_null=True)
    findings = FindingOut(many=True)


# What comes in -----------------------------------------------------------------------------------
class OrderDocument(serializers.Serializer[Any]):
    """An order in our own JSON. Documented here, read by the intake, which keeps what it cannot read."""

    external_id = serializers.CharField(max_length=64)
    currency = serializers.CharField(max_length=3)
    lines = serializers.ListField(child=serializers.DictField(), min_length=1)
    number = serializers.CharField(max_length=64, required=False)
    placed_at = serializers.DateTimeField(required=False)
    prices_include_tax = serializers.BooleanField(required=False)
    customer = serializers.DictField(required=False)
    shipping_address = serializers.DictField(required=False)
    billing_address = serializers.DictField(required=False)
    shipping = serializers.DictField(required=False)
    payment_status = serializers.CharField(required=False)
    totals = serializers.DictField(required=False)


class CancelIn(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class HoldIn(StrictSerializer):
    reason = serializers.CharField(max_length=300)
    code = serializers.ChoiceField(choices=HoldCode.choices, default=HoldCode.OTHER)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    keeps_stock = serializers.BooleanField(default=True)
    blocks = serializers.ListField(child=serializers.ChoiceField(choices=Stage.choices), required=False, min_length=1)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class RawParser(BaseParser):
    """Leaves the body to the intake, which stores it before anything else."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return body_of(stream)


# Whose orders ------------------------------------------------------------------------------------
def channel_of(client: ApiClient) -> Channel:
    """The channel a key writes to: named by its scope `channel:CODE`, else the common one. Raises NoChannel."""
    code = own_channel(client)
    if code is None:
        facts = {"name": "REST API", "kind": ChannelKind.API}
        return Channel.objects.get_or_create(code=DEFAULT_CHANNEL, defaults=facts)[0]
    channel = Channel.objects.filter(code=code, is_active=True, kind__in=PARSERS).first()
    if channel is None:
        raise NoChannel(code)
    return channel


def orders_of(client: ApiClient) -> QuerySet[Order]:
    """A key bound to a channel sees that channel's orders alone."""
    code = own_channel(client)
    orders: QuerySet[Order] = Order.objects.exclude(status=OrderStatus.DRAFT)
    return orders.filter(channel__code=code) if code else orders


def own_channel(client: ApiClient) -> str | None:
    """The channel a key is bound to by its scope `channel:CODE`."""
    named = (scope.partition(":")[2] for scope in client.scopes if scope.startswith("channel:"))
    return next(named, None)


def _with_everything(orders: QuerySet[Order]) -> QuerySet[Order]:
    return orders.select_related("channel").prefetch_related(
        "holds", "addresses", "shipments", "lines__sku", "lines__order"
    )


# Routes ------------------------------------------------------------------------------------------
class OrderRoute(generics.ListAPIView[Order]):
    """`/api/v1/orders/`"""

    scope_read, scope_write = "orders:read", "orders:write"
    serializer_class = OrderBrief
    pagination_class = NewestFirst
    filterset_fields: ClassVar = ()

    def get_parsers(self) -> list[BaseParser]:
        return [RawParser()]

    def get_queryset(self) -> QuerySet[Order]:
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        rows = orders_of(client_of(self.request)).select_related("channel").prefetch_related("holds")
        asked = self.request.query_params
        for name, field in LOOKUPS.items():
            if value := asked.get(name):
                rows = rows.filter(**{field: value.replace("\x00", "")})
        return rows

    @extend_schema(parameters=[OpenApiParameter(name, str) for name in LOOKUPS])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Orders, newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        request=OrderDocument,
        parameters=[KEY],
        responses=dict.fromkeys((200, 201, 202, 422), ReceiptOut),
    )
    def post(self, request: Request) -> Response:
        """Hand in one order. It is stored first; 201 accepted or held, 422 refused with the places at fault."""
        try:
            channel = channel_of(client_of(request))
        except NoChannel as error:
            return Response({"detail": f"The channel {error} of this key takes no orders."}, status=409)
        document = _document(channel, request.data if isinstance(request.data, bytes) else b"")
        return retries_conflicts(answer_once)(request, lambda now: _take_in(request, channel, document, now))


def _document(channel: Channel, body: bytes) -> Document:
    """The one document of a request; several orders in one body are kept and refused as one."""
    documents = list(PARSERS[channel.kind].split(body, "api"))
    if len(documents) == 1:
        return documents[0]
    return Document(None, kept(body))


def _take_in(request: Request, channel: Channel, document: Document, now: datetime) -> Answer:
    by = f"API {client_of(request).name}"
    # With an idempotency key the transaction is open already.
    take = take_in_within if request.headers.get("Idempotency-Key", "").strip() else take_in
    outcome = take(channel, document, source=by, by=by, now=now)
    return Answer(_status(outcome), outcome.as_dict())


def _status(outcome: Outcome) -> int:
    if any(finding["code"] == "not_understood" for finding in outcome.findings):
        return 202
    return STATUS_OF[outcome.state]


class OneOrder(APIView):
    """Finds the order of the address among those the key may see."""

    scope_read, scope_write = "orders:read", "orders:write"

    def order(self, number: str) -> Order:
        found = _with_everything(orders_of(client_of(self.request))).filter(number=number).first()
        if found is None:
            raise Http404
        return found


class OrderDetail(OneOrder):
    """`/api/v1/orders/{number}/`"""

    @extend_schema(responses=OrderOut)
    def get(self, request: Request, number: str) -> Response:
        """One order with its lines, holds and parcels."""
        return Response(OrderOut(self.order(number)).data)


class OrderCancel(OneOrder):
    """`/api/v1/orders/{number}/cancel/`"""

    @extend_schema(request=CancelIn, parameters=[KEY], responses={200: OrderOut, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, number: str) -> Response:
        """Cancel an order whole. 409 with the reason when it is too late."""
        order, given = self.order(number), _valid(CancelIn, request)

        def effect(now: datetime) -> Answer:
            try:
                with transaction.atomic():
                    lock_subscription_of(order.pk)
                    cancel(lock_order(order.pk), by=f"API {client_of(request).name}", reason=given["reason"], now=now)
            except TooLateToCancel as error:
                return Answer(409, {"detail": f"{error}."})
            return Answer(200, _plain(self.order(number)))

        return retries_conflicts(answer_once)(request, effect)


class OrderHolds(OneOrder):
    """`/api/v1/orders/{number}/holds/`"""

    @extend_schema(request=HoldIn, parameters=[KEY], responses={201: OrderOut, 409: OpenApiTypes.OBJECT})
    def post(self, request: Request, number: str) -> Response:
        """Hold an order; it stops at the next scan."""
        order, given = self.order(number), _valid(HoldIn, request)

        def effect(now: datetime) -> Answer:
            source = f"api {client_of(request).pk}"
            try:
                with transaction.atomic():
                    hold(lock_order(order.pk), by=f"API {client_of(request).name}", source=source, now=now, **given)
            except NotOpen as error:
                return Answer(409, {"detail": f"{error}."})
            return Answer(201, _plain(self.order(number)))

        return retries_conflicts(answer_once)(request, effect)


def _valid(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _plain(order: Order) -> Any:
    """The order as stored JSON: no dates, no decimals."""
    return _jsonable(OrderOut(order).data)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _jsonable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(part) for part in value]
    return value.isoformat() if isinstance(value, datetime) else value
