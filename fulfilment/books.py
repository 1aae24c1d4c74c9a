"""Invariants of parcels: billed once, shipped once, out of the books exactly when they left, one label each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fulfilment import floor_books
from fulfilment.models import Carton, Label, Shipment, ShipmentLine
from fulfilment.states import LabelState, ShipmentStatus
from inventory.models import StockMovement
from inventory.states import MovementKind
from ordermgmt.proofs import invariant
from ordermgmt.touched import EVERYTHING, Touched
from orders import invoice_books, money_books
from orders.actions.invoicing import AHEAD
from orders.billing_states import TAKEN_BACK
from orders.models import CreditNoteLine, Invoice, InvoiceLine, OrderLine
from orders.states import STOCKED_KINDS, LineKind

__all__ = ["floor_books", "invoice_books", "money_books"]

LEFT = (ShipmentStatus.DISPATCHED, ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED)


@invariant("I23", _("Everything that left is billed exactly once"), is_local=True)
def shipped_is_billed_once(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    """Lines by their own cause, parts of bundles by the bundle; nothing is billed beyond what left."""
    yield from _unbilled_lines(touched)
    yield from _unbilled_bundles(touched)
    yield from _billed_too_much(touched)


def _unbilled_lines(touched: Touched) -> Iterable[Any]:
    own = touched.of(InvoiceLine.objects.filter(cause__startswith="shipment-line:"), "invoice__order__number")
    billed = {cause.partition(":")[2]: units for cause, units in own.values_list("cause", "quantity")}
    lines = ShipmentLine.objects.filter(shipment__status__in=LEFT, order_line__kind=LineKind.ITEM)
    lines = (
        touched.of(lines, "order_line__order__number")
        .exclude(order_line__order__is_renewal=True)
        .exclude(_billed_ahead("order_line__order"))
    )
    for pk, quantity, number in lines.order_by("pk").values_list("pk", "quantity", "shipment__number").iterator():
        if billed.get(str(pk)) != quantity:
            yield {"shipment": number, "shipment_line": pk, "left": quantity, "billed": billed.get(str(pk), 0)}


def _billed_ahead(order: str) -> Exists:
    """Whose customer was asked to pay all of it when it was placed."""
    return Exists(Invoice.objects.filter(order=OuterRef(order), cause__startswith=AHEAD))


def _unbilled_bundles(touched: Touched) -> Iterable[Any]:
    begun = OrderLine.objects.filter(bundle=OuterRef("pk"), shipped__gt=0, total=0)
    bundles = OrderLine.objects.filter(Exists(begun), kind=LineKind.BUNDLE, invoice_lines=None)
    bundles = touched.of(bundles, "order__number").exclude(order__is_renewal=True, total=0)
    yield from bundles.select_related("order").order_by("pk").values("order__number", "position", "name")


def _billed_too_much(touched: Touched) -> Iterable[Any]:
    """What was billed and not taken back is what left; some orders are billed when they are placed, before they leave."""
    taken_back = CreditNoteLine.objects.filter(
        invoice_line__order_line=OuterRef("pk"), credit_note__reason__in=TAKEN_BACK
    )
    back = taken_back.order_by().values("invoice_line__order_line").annotate(n=Sum("quantity")).values("n")
    lines = touched.of(OrderLine.objects.filter(kind=LineKind.ITEM), "order__number").annotate(
        billed=Coalesce(Sum("invoice_lines__quantity"), 0) - Coalesce(Subquery(back), 0)
    )
    is_ahead = Q(order__is_renewal=True) | Q(_billed_ahead("order"))
    before = is_ahead & (Q(billed__gt=F("ordered") - F("cancelled")) | Q(total__gt=0, billed__lt=F("shipped")))
    wrong = lines.filter((~is_ahead & ~Q(billed=F("shipped"))) | before)
    yield from wrong.order_by("pk").values("order__number", "position", "shipped", "billed")


@invariant("I30", _("No unit is shipped twice"), is_local=True)
def nothing_is_shipped_twice(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    """Units in shipments that are not cancelled never exceed what the line still wants, and are its shipped units."""
    lines = touched.of(OrderLine.objects.filter(kind__in=STOCKED_KINDS), "order__number").annotate(
        in_parcels=Coalesce(
            Sum("shipment_lines__quantity", filter=~Q(shipment_lines__shipment__status=ShipmentStatus.CANCELLED)), 0
        ),
        gone=Coalesce(Sum("shipment_lines__quantity", filter=Q(shipment_lines__shipment__status__in=LEFT)), 0),
    )
    broken = lines.filter(Q(in_parcels__gt=F("ordered") - F("cancelled")) | ~Q(gone=F("shipped")))
    yield from broken.order_by("pk").values(
        "order__number", "position", "ordered", "cancelled", "shipped", "in_parcels", "gone"
    )


@invariant("I31", _("A parcel left exactly when its goods left the stock"), is_local=True)
def left_as_booked(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    parcels = touched.of(Shipment.objects.all(), "number", "order__number")
    shipped = StockMovement.objects.filter(kind=MovementKind.SHIPPED).order_by()
    of_parcels = shipped.filter(document__in=parcels.order_by().values("number"))
    moved = dict(of_parcels.values_list("document").annotate(units=-Sum("quantity")))
    rows = parcels.annotate(units=Coalesce(Sum("lines__quantity"), 0)).order_by("pk")
    for number, status, units in rows.values_list("number", "status", "units").iterator():
        booked = moved.get(number, 0)
        if booked != (units if status in LEFT else 0):
            yield {"shipment": number, "state": status, "units": units, "left_the_stock": booked}
    known = Shipment.objects.filter(number=OuterRef("document"))
    strays = touched.of(shipped.exclude(Exists(known)), "document")
    yield from strays.values("document").annotate(left_the_stock=-Sum("quantity")).order_by("document")
    yield from (
        touched.of(OrderLine.objects.filter(returned__gt=F("shipped")), "order__number")
        .order_by("pk")
        .values("order__number", "position", "shipped", "returned")
    )


@invariant("I32", _("Every box that left carries one label, and voided labels say why"), is_local=True)
def one_label_per_box(now: datetime, touched: Touched = EVERYTHING) -> Iterable[Any]:
    live = Count("labels", filter=Q(labels__state=LabelState.MADE))
    boxes = touched.of(Carton.objects.all(), "shipment__order__number").annotate(live=live)
    unlabelled = Q(shipment__status__in=LEFT) & ~Q(live=1)
    yield from boxes.filter(unlabelled | Q(live__gt=1)).order_by("pk").values("sscc", "shipment__number", "live")
    void = Label.objects.filter(state=LabelState.VOID).filter(Q(voided_at=None) | Q(void_reason=""))
    unsaid = touched.of(void, "carton__shipment__order__number")
    yield from unsaid.order_by("pk").values("tracking_number", "carton__sscc")
