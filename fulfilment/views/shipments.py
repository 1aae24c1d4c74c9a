"""The shipments board and one shipment (P23)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fulfilment.actions.dispatching import CannotDispatch, dispatch_many, dispatch_shipment
from fulfilment.actions.labelling import LabelGone, OrderHeld, ReasonMissing, reprint_label, void_label
from fulfilment.actions.tracking import FromTheFuture, by_hand, hear_reports, solve_problem
from fulfilment.documents.label import grouped
from fulfilment.emails import tracking_url
from fulfilment.filters import STAGES, ShipmentFilters
from fulfilment.forms import EventForm, EventsFileForm
from fulfilment.models import Carton, Label, Shipment, ShipmentLine, TrackingEvent
from fulfilment.problems import ADVICE, code_of, days_late, words_of
from fulfilment.sscc import spaced
from fulfilment.states import LabelState, ShipmentStatus
from fulfilment.tracking_files import read_events_file
from inventory.models import Warehouse
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.listing import Bulk, Column, Empty, ListPage, View
from ordermgmt.looks import look_of
from ordermgmt.models import StoredDocument
from ordermgmt.templatetags import portal


def shipment_url(row: Shipment) -> str:
    return reverse("shipment", args=[row.number])


def _order(row: Shipment) -> str:
    return format_html('<a href="/orders/{}/">{}</a>', row.order.number, row.order.number)


def _state(row: Shipment) -> str:
    """A problem is louder than the place on the way."""
    if words := words_of(row, timezone.now()):
        return portal.tag(words, "bad" if row.carrier_status == "delivery_failed" else "warn")
    if row.status == ShipmentStatus.DISPATCHED and row.carrier_status not in ("pending", "unknown"):
        return portal.state_tag(row, "carrier_status", False)
    return portal.state_tag(row, "status", False)


def _heard(row: Shipment) -> str:
    if not row.last_event_at:
        return portal.number(None)
    return format_html(
        '{} <span class="muted">{}</span>', portal.when(row.last_event_at), portal.age(row.last_event_at)
    )


def _promise(row: Shipment) -> str:
    if late := days_late(row, business_day(timezone.now())):
        return format_html("{} {}", portal.day(row.order.promised_delivery_on), portal.tag(_late(row, late), "warn"))
    return portal.day(row.order.promised_delivery_on)


def _late(row: Shipment, days: int) -> str:
    words = _("%(days)d d late") if row.delivered_at else _("likely %(days)d d late")
    return words % {"days": days}


class ShipmentList(ListPage):
    name = "shipments"
    template = "shipments/list.html"
    title = gettext_lazy("Shipments")
    counted = ngettext_lazy("%(n)s shipment", "%(n)s shipments", "count")
    filterset = ShipmentFilters
    columns = (
        Column("number", gettext_lazy("Shipment"), sort="packed", css="id"),
        Column("order__number", gettext_lazy("Order"), cell=_order, css="nowrap"),
        Column("order__recipient", gettext_lazy("Customer"), css="grow"),
        Column(
            "status",
            gettext_lazy("State"),
            cell=_state,
            text=lambda row: words_of(row, timezone.now()) or row.get_status_display(),
            css="nowrap",
        ),
        Column("carrier__name", gettext_lazy("Carrier"), css="low nowrap"),
        Column("last_event_at", gettext_lazy("Last event"), cell=_heard, css="nowrap"),
        Column("order__promised_delivery_on", gettext_lazy("Promised"), cell=_promise, css="nowrap"),
        Column("dispatched_at", gettext_lazy("Handed over"), default=False, css="nowrap"),
        Column("warehouse__title", gettext_lazy("Warehouse"), default=False),
        Column("service", gettext_lazy("Service"), default=False),
    )
    sorts: ClassVar[Mapping[str, tuple[str, ...]]] = {"packed": ("-packed_at", "-id"), "oldest": ("packed_at", "id")}
    default_sort = "packed"
    views = (
        View("all", gettext_lazy("All")),
        View("problem", gettext_lazy("Problem"), "stage=problem"),
        *(View(slug, label, f"stage={slug}") for slug, label in STAGES if slug not in ("problem", "cancelled")),
    )
    empty = Empty(gettext_lazy("No shipments yet"), gettext_lazy("Packed orders show up here."), icon="truck")
    bulk = (Bulk(gettext_lazy("Mark handed over"), "/shipments/hand-over/", "fulfilment.dispatch", icon="truck"),)
    export_permission = "orders.export"

    def row_url(self, row: Shipment) -> str:
        return shipment_url(row)


def visible(request: StaffRequest) -> QuerySet[Shipment]:
    """Floor roles see their warehouses; everyone else sees all."""
    rows = Shipment.objects.select_related("order", "carrier", "warehouse")
    return rows.filter(warehouse__in=Warehouse.objects.for_user(request.user))


@staff_page("fulfilment.view")
@require_http_methods(["GET", "POST"])
def shipment_list(request: StaffRequest) -> HttpResponseBase:
    return ShipmentList(request, visible(request)).response()


@staff_page("fulfilment.dispatch")
@require_POST
def hand_over(request: StaffRequest) -> HttpResponse:
    """Mark the chosen shipments as handed over; says which stayed and why."""
    chosen = ShipmentList(request, visible(request)).selected(request.POST).filter(status=ShipmentStatus.PACKED)
    result = dispatch_many(list(chosen.values_list("pk", flat=True)[:500]), by=request.user, now=timezone.now())
    if result.dispatched:
        messages.success(request, _("%(n)d shipments handed over.") % {"n": len(result.dispatched)})
    for number, reason in list(result.refused.items())[:20]:
        messages.warning(request, f"{number}: {reason}")
    if not result.dispatched and not result.refused:
        messages.warning(request, _("None of these can be handed over."))
    return redirect("shipment_list")


@staff_page("fulfilment.view")
@require_GET
def shipment(request: StaffRequest, number: str) -> HttpResponse:
    return _page(request, _found(request, number), EventForm(now=timezone.now()))


def _found(request: StaffRequest, number: str) -> Shipment:
    cartons = Carton.objects.select_related("box").order_by("position")
    cartons = cartons.prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("sku", "lot", "order_line").order_by("pk")),
        Prefetch("labels", Label.objects.order_by("-pk")),
    )
    rows = visible(request).prefetch_related(
        Prefetch("cartons", cartons), Prefetch("events", TrackingEvent.objects.order_by("-happened_at", "-pk"))
    )
    return get_object_or_404(rows, number=number)


def _page(request: StaffRequest, row: Shipment, form: EventForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    code = code_of(row, now)
    context = {
        "page": "shipment",
        "page_title": row.number,
        "shipment": row,
        "cartons": [_carton(row, carton) for carton in row.cartons.all()],
        "days": _timeline(row),
        "facts": _facts(row),
        "papers": _papers(row),
        "problem": words_of(row, now),
        "advice": ADVICE.get(code, ""),
        "late": _late(row, days) if (days := days_late(row, business_day(now))) else "",
        "form": form,
        "may_dispatch": row.status == ShipmentStatus.PACKED and request.user.has_perm("fulfilment.dispatch"),
        "may_relabel": row.status == ShipmentStatus.PACKED and request.user.has_perm("fulfilment.pack"),
        "may_track": row.status != ShipmentStatus.CANCELLED and request.user.has_perm("fulfilment.track"),
    }
    return render(request, "shipments/detail.html", context, status=status)


def _carton(row: Shipment, carton: Carton) -> dict[str, Any]:
    labels = list(carton.labels.all())
    live = next((label for label in labels if label.state == LabelState.MADE), None)
    return {
        "carton": carton,
        "sscc": spaced(carton.sscc),
        "weight": f"{carton.weight_g / 1000:.2f}",
        "lines": carton.lines.all(),
        "label": live,
        "tracking": grouped(live.tracking_number) if live else "",
        "tracking_url": tracking_url(row, live.tracking_number) if live else "",
        "voided": [label for label in labels if label.state == LabelState.VOID],
    }


def _facts(row: Shipment) -> list[dict[str, Any]]:
    return [
        {"term": _("Order"), "value": row.order.number, "url": f"/orders/{row.order.number}/"},
        {"term": _("To"), "value": _to(row)},
        {"term": _("Carrier"), "value": f"{row.carrier.name} {row.service}"},
        {"term": _("Warehouse"), "value": row.warehouse.title},
        {"term": _("Promised"), "value": portal.weekday(row.order.promised_delivery_on)},
        {"term": _("Expected"), "value": portal.weekday(row.expected_on)},
        {"term": _("Packed"), "value": format_html("{} {}", portal.when(row.packed_at), row.packed_by)},
        {"term": _("Handed over"), "value": portal.when(row.dispatched_at)},
        {"term": _("Delivered"), "value": portal.when(row.delivered_at)},
        {"term": _("Cost"), "value": portal.money(row.cost, "EUR")},
    ]


def _to(row: Shipment) -> str:
    place = f"{row.order.ship_postcode} {row.order.ship_city}".strip()
    return ", ".join(part for part in (row.order.recipient, place) if part)


def _papers(row: Shipment) -> list[dict[str, Any]]:
    numbers = [row.number, *(label.tracking_number for carton in row.cartons.all() for label in carton.labels.all())]
    stored = {(d.kind, d.number): d for d in StoredDocument.objects.filter(number__in=numbers)}
    papers: list[dict[str, Any]] = [
        {"label": _("Packing slip (A4)"), "url": _paper_url("packing_slip", row.number)},
        {"label": _("Packing slip (label stock)"), "url": _paper_url("packing_slip_label", row.number)},
        {"label": _("Shipping labels"), "url": _paper_url("label", row.number)},
    ]
    slip = stored.get(("packing_slip", row.number))
    papers[0]["failed"] = bool(slip and slip.dead_at)
    return papers


def _paper_url(kind: str, number: str) -> str:
    return reverse("paper", args=[kind, number])


def _timeline(row: Shipment) -> list[dict[str, Any]]:
    """Events by day, newest first, with what the carrier wrote in its own words beside ours."""
    days: dict[str, list[dict[str, Any]]] = {}
    for event in row.events.all():
        look = look_of(event, event.status)
        said = ", ".join(part for part in (event.message or event.raw_status, event.place) if part)
        days.setdefault(portal.weekday(event.happened_at), []).append(
            {
                "tone": look.tone,
                "shape": look.shape,
                "text": event.get_status_display(),
                "by": said,
                "at": event.happened_at,
                "note": _("Entered by staff") if event.source == "staff" else "",
            }
        )
    return [{"day": day, "events": events} for day, events in days.items()]


@staff_page("fulfilment.dispatch")
@require_POST
def dispatch(request: StaffRequest, number: str) -> HttpResponse:
    row = get_object_or_404(visible(request), number=number)
    try:
        dispatch_shipment(row.pk, by=request.user, now=timezone.now())
    except (CannotDispatch, OrderHeld) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(
            request, _("%(number)s handed over. Its invoice and e-mail are on their way.") % {"number": number}
        )
    return redirect("shipment", number)


@staff_page("fulfilment.track")
@require_POST
def add_event(request: StaffRequest, number: str) -> HttpResponse:
    now = timezone.now()
    row = _found(request, number)
    form = EventForm(request.POST, now=now)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        is_new = by_hand(row.pk, **form.cleaned_data, by=request.user, now=now)
    except FromTheFuture as problem:
        form.add_error("happened_at", str(problem))
        return _page(request, row, form, status=422)
    messages.success(request, _("Event noted.") if is_new else _("This event was noted before."))
    return redirect("shipment", number)


@staff_page("fulfilment.track")
@require_POST
def solve(request: StaffRequest, number: str) -> HttpResponse:
    row = get_object_or_404(visible(request), number=number)
    solve_problem(row.pk, by=request.user, note=request.POST.get("note", "").strip()[:200], now=timezone.now())
    messages.success(request, _("Problem marked as solved."))
    return redirect("shipment", number)


@staff_page("fulfilment.pack")
@require_POST
def relabel(request: StaffRequest, number: str, label_id: int) -> HttpResponse:
    """Void a label, with or without making a new one; both need a reason."""
    row = get_object_or_404(visible(request), number=number)
    label = get_object_or_404(Label, pk=label_id, carton__shipment=row)
    reason = request.POST.get("reason", "")
    verb = reprint_label if request.POST.get("do") == "reprint" else void_label
    try:
        changed = verb(label.pk, by=request.user, reason=reason, now=timezone.now())
    except ReasonMissing:
        messages.error(request, _("Say why: a label is only voided with a reason."))
    except LabelGone:
        messages.error(request, _("This label cannot be changed any more."))
    else:
        words = _("New label %(number)s made.") if verb is reprint_label else _("Label %(number)s voided.")
        messages.success(request, words % {"number": changed.tracking_number})
    return redirect("shipment", number)


@staff_page("fulfilment.track")
@require_http_methods(["GET", "POST"])
def import_events(request: StaffRequest) -> HttpResponse:
    """Tracking events from a CSV file: every row checked first, nothing noted when one is wrong."""
    now: datetime = timezone.now()
    form = EventsFileForm(request.POST or None, request.FILES or None)
    errors: list[str] = []
    if request.method == "POST" and form.is_valid():
        reports, errors = read_events_file(form.cleaned_data["file"], now=now)
        if not errors:
            heard = hear_reports(reports, among=visible(request), source="file", by=request.user, now=now)
            said = _("%(new)d events noted, %(known)d known before.") % {"new": heard.new, "known": heard.known}
            messages.success(request, said)
            errors = heard.refused
            if not errors:
                return redirect("shipment_list")
    context = {
        "page": "shipment-events",
        "page_title": _("Tracking events from a file"),
        "form": form,
        "errors": errors[:200],
    }
    return render(request, "shipments/import.html", context, status=422 if errors or form.errors else 200)
