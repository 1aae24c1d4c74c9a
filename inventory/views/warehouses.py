"""Warehouses with their places, calendar and zones."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory.actions.warehouses import (
    WarehouseRefused,
    add_bins,
    change_bin,
    change_warehouse,
    close_on,
    open_warehouse,
    serve_zone,
    stop_serving,
    work_on,
)
from inventory.filters import BinFilters, my_warehouses
from inventory.forms import WEEKDAYS, BinForm, BinsForm, ClosureForm, WarehouseForm, ZoneForm
from inventory.models import Bin, Closure, ServedZone, Warehouse
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.clock import business_day
from ordermgmt.listing.keyset import read_cursor, read_slice
from ordermgmt.timelines import history_of

BIN_ROWS = 100


def _mine(request: HttpRequest, code: str) -> Warehouse:
    return get_object_or_404(my_warehouses(request), code=code)


@staff_page("inventory.view")
def warehouse_list(request: StaffRequest) -> HttpResponse:
    """The warehouses a person works with."""
    rows = my_warehouses(request).annotate(
        places=Count("bins", distinct=True), countries=Count("zones__country", distinct=True),
        suspect=Count("bins", filter=Q(bins__is_suspect=True), distinct=True),
    )  # fmt: skip
    context = {"page": "warehouse-list", "warehouses": rows, "may_edit": request.user.has_perm("inventory.edit")}
    return render(request, "inventory/warehouses.html", context)


@staff_page("inventory.view")
def warehouse_detail(request: StaffRequest, code: str) -> HttpResponse:
    """One warehouse: calendar, zones, closures, places."""
    warehouse = _mine(request, code)
    return render(request, "inventory/warehouse.html", _context(request, warehouse))


def _context(request: StaffRequest, warehouse: Warehouse, **forms: Any) -> dict[str, Any]:
    now = timezone.now()
    filters = BinFilters(request.GET, queryset=warehouse.bins.all(), request=request)
    after = request.GET.get("after", "")
    order = ("pick_sequence", "code", "id")
    rows = filters.qs.annotate(items=Count("stock", filter=Q(stock__quantity__gt=0)))
    cursor = read_cursor(after, rows, order, backwards=False) if after else None
    found = read_slice(rows, order, BIN_ROWS, cursor)
    data = request.GET.copy()
    data["after"] = found.next
    return {
        "page": "warehouse",
        "warehouse": warehouse,
        "days": [label for number, label in WEEKDAYS if number in warehouse.work_days],
        "zones": warehouse.zones.order_by("country", "postcode_prefix"),
        "closures": warehouse.closures.filter(day__gte=business_day(now, warehouse.time_zone)).order_by("day"),
        "filters": filters,
        "bins": found.rows,
        "next_url": f"?{data.urlencode()}#places" if found.next else "",
        "history": history_of(warehouse.code, now=now),
        "may_edit": request.user.has_perm("inventory.edit"),
        "zone_form": ZoneForm(),
        "closure_form": ClosureForm(),
        "bins_form": BinsForm(),
        **forms,
    }


@staff_page("inventory.edit")
def warehouse_new(request: StaffRequest) -> HttpResponse:
    """Open a warehouse."""
    form = WarehouseForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            warehouse = open_warehouse(by=request.user, now=timezone.now(), **form.cleaned_data)
        except WarehouseRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("%(title)s added. Add its places and zones now.") % {"title": warehouse.title})
            return redirect(_after_opening(request, warehouse))
    context = {"page": "warehouse-form", "page_title": _("New warehouse"), "form": form}
    return render(request, "inventory/warehouse_form.html", context, status=status)


def _after_opening(request: StaffRequest, warehouse: Warehouse) -> str:
    """A lead who works elsewhere sees the list: the new warehouse has no people yet."""
    visible = my_warehouses(request).filter(pk=warehouse.pk).exists()
    return warehouse.get_absolute_url() if visible else "warehouse_list"


@staff_page("inventory.edit")
def warehouse_edit(request: StaffRequest, code: str) -> HttpResponse:
    """Change calendar, cut-off, capacity and address."""
    warehouse = _mine(request, code)
    form = WarehouseForm(request.POST or None, instance=warehouse)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            change_warehouse(warehouse=warehouse, by=request.user, now=timezone.now(), **form.cleaned_data)
        except WarehouseRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("warehouse_detail", code=code)
    context = {"page": "warehouse-form", "page_title": _("Change %(code)s") % {"code": code}, "form": form,
               "warehouse": warehouse}  # fmt: skip
    return render(request, "inventory/warehouse_form.html", context, status=status)


@require_POST
@staff_page("inventory.edit")
def bins_add(request: StaffRequest, code: str) -> HttpResponse:
    """Add places in walking order."""
    warehouse = _mine(request, code)
    form = BinsForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = add_bins(
                warehouse=warehouse,
                codes=data["codes"].splitlines(),
                kind=data["kind"],
                first_sequence=data["first_sequence"],
                by=request.user,
                now=timezone.now(),
            )
        except WarehouseRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("%(count)d places added.") % {"count": len(made)})
            return redirect("warehouse_detail", code=code)
    context = _context(request, warehouse, bins_form=form, form=form)
    return render(request, "inventory/warehouse.html", context, status=422)


@staff_page("inventory.edit")
def bin_edit(request: StaffRequest, code: str, pk: int) -> HttpResponse:
    """Change kind, walking order or use of a place."""
    place = get_object_or_404(Bin.objects.select_related("warehouse"), pk=pk, warehouse=_mine(request, code))
    form = BinForm(request.POST or None, instance=place)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            change_bin(place=place, by=request.user, now=timezone.now(), **form.cleaned_data)
        except WarehouseRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("%(bin)s saved.") % {"bin": place.code})
            return redirect("warehouse_detail", code=code)
    context = {"page": "bin-form", "form": form, "place": place, "warehouse": place.warehouse}
    return render(request, "inventory/bin_form.html", context, status=status)


@require_POST
@staff_page("inventory.edit")
def closure_add(request: StaffRequest, code: str) -> HttpResponse:
    """Close on a day."""
    warehouse = _mine(request, code)
    form = ClosureForm(request.POST)
    if not form.is_valid():
        context = _context(request, warehouse, closure_form=form, form=form)
        return render(request, "inventory/warehouse.html", context, status=422)
    close_on(warehouse=warehouse, by=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Closed on %(day)s.") % {"day": form.cleaned_data["day"].isoformat()})
    return redirect("warehouse_detail", code=code)


@require_POST
@staff_page("inventory.edit")
def closure_remove(request: StaffRequest, code: str, pk: int) -> HttpResponse:
    """Work on that day after all."""
    closure = get_object_or_404(Closure.objects.select_related("warehouse"), pk=pk, warehouse=_mine(request, code))
    work_on(closure=closure, by=request.user, now=timezone.now())
    messages.success(request, _("Open again on %(day)s.") % {"day": closure.day.isoformat()})
    return redirect("warehouse_detail", code=code)


@require_POST
@staff_page("inventory.edit")
def zone_add(request: StaffRequest, code: str) -> HttpResponse:
    """Serve a country or a part of it."""
    warehouse = _mine(request, code)
    form = ZoneForm(request.POST)
    if not form.is_valid():
        context = _context(request, warehouse, zone_form=form, form=form)
        return render(request, "inventory/warehouse.html", context, status=422)
    zone = serve_zone(warehouse=warehouse, by=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Serves %(zone)s.") % {"zone": f"{zone.country} {zone.postcode_prefix}".strip()})
    return redirect("warehouse_detail", code=code)


@require_POST
@staff_page("inventory.edit")
def zone_remove(request: StaffRequest, code: str, pk: int) -> HttpResponse:
    """Stop serving a zone."""
    zone = get_object_or_404(ServedZone.objects.select_related("warehouse"), pk=pk, warehouse=_mine(request, code))
    stop_serving(zone=zone, by=request.user, now=timezone.now())
    messages.success(request, _("No longer serves %(zone)s.") % {"zone": zone.country})
    return redirect("warehouse_detail", code=code)
