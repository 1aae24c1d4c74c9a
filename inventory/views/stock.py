"""Forms that change stock: adjust (with review above tolerance), move, receive, ask for a count."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from inventory.actions.adjusting import AdjustmentRefused, StockChanged, adjust_stock
from inventory.actions.counting import ask_for_count
from inventory.actions.receiving import ReceiptLine, ReceiptRefused, receive_goods
from inventory.actions.transferring import TransferRefused, move_stock
from inventory.filters import my_warehouses
from inventory.forms import AdjustForm, MoveForm, ReceiveForm
from inventory.models import Bin, BinStock, Lot
from inventory.tolerance import beyond_tolerance
from inventory.views.items import frame, item_of
from ordermgmt.access import StaffRequest, staff_page


def _place(request: HttpRequest, sku: Any) -> tuple[Bin, Lot | None, int, int]:
    """The bin and lot of `?bin=` and `?lot=`, with what lies there and what is set aside; 404 when not the person's."""
    pk, lot_pk = request.GET.get("bin", ""), request.GET.get("lot", "")
    if not pk.isdecimal() or (lot_pk and not lot_pk.isdecimal()):
        raise Http404
    places = Bin.objects.filter(warehouse__in=my_warehouses(request)).select_related("warehouse")
    place = get_object_or_404(places, pk=pk)
    lot = get_object_or_404(Lot, pk=lot_pk, sku=sku) if lot_pk else None
    row = BinStock.objects.filter(bin=place, sku=sku, lot=lot).first()
    return place, lot, row.quantity if row else 0, row.allocated if row else 0


@staff_page("inventory.adjust")
def item_adjust(request: StaffRequest, code: str) -> HttpResponse:
    """Set what lies in a place. Large changes are reviewed; a bin that changed meanwhile is a conflict."""
    sku = item_of(request, code)
    if not request.GET.get("bin"):
        return _choose_place(request, sku)
    place, lot, there, aside = _place(request, sku)
    form = AdjustForm(request.POST or None, initial={"expected": there, "key": f"adjust:{uuid4()}"})
    context = frame(request, sku, "adjust") | {"form": form, "place": place, "lot": lot, "there": there, "aside": aside}
    if request.method != "POST":
        return render(request, "inventory/adjust.html", context)
    if not form.is_valid():
        return render(request, "inventory/adjust.html", context, status=422)
    data = form.cleaned_data
    context["change"] = data["units"] - data["expected"]
    if beyond_tolerance(data["expected"], data["units"]) and "reviewed" not in request.POST:
        return render(request, "inventory/adjust_review.html", context)
    return _adjust(request, sku, place, lot, form, context)


def _choose_place(request: HttpRequest, sku: Any) -> HttpResponse:
    warehouses = my_warehouses(request)
    stocked = sku.bin_stock.filter(bin__warehouse__in=warehouses).select_related("bin__warehouse", "lot")
    others = Bin.objects.filter(warehouse__in=warehouses, is_active=True).select_related("warehouse")
    context = frame(request, sku, "adjust") | {
        "stocked": stocked.order_by("-quantity"),
        "others": others.exclude(stock__sku=sku).order_by("warehouse__code", "pick_sequence", "code")[:500],
    }
    return render(request, "inventory/adjust_place.html", context)


def _adjust(
    request: StaffRequest, sku: Any, place: Bin, lot: Lot | None, form: AdjustForm, context: dict[str, Any]
) -> HttpResponse:
    data = form.cleaned_data
    try:
        adjust_stock(
            place=place,
            sku=sku,
            lot=lot,
            units=data["units"],
            expected=data["expected"],
            reason=form.reason_words,
            key=data["key"],
            by=request.user,
            now=timezone.now(),
        )
    except StockChanged as conflict:
        context |= {"conflict": conflict, "form": _again(form, conflict.actual)}
        return render(request, "inventory/adjust.html", context, status=409)
    except AdjustmentRefused as error:
        form.add_error(None, str(error))
        return render(request, "inventory/adjust.html", context, status=422)
    words = _("%(bin)s holds %(units)d now.") % {"bin": place.code, "units": data["units"]}
    messages.success(request, words)
    return redirect("item_detail", code=sku.code)


def _again(form: AdjustForm, actual: int) -> AdjustForm:
    """The same form on what lies there now; what the person typed stays."""
    data: Any = form.data
    data = data.copy()
    data["expected"] = str(actual)
    data["key"] = f"adjust:{uuid4()}"
    again = AdjustForm(data)
    again.is_valid()
    return again


@staff_page("inventory.adjust", "fulfilment.pick")
def item_move(request: StaffRequest, code: str) -> HttpResponse:
    """Move goods to another place of the warehouse: put away, replenish, quarantine and back."""
    sku = item_of(request, code)
    place, lot, there, aside = _place(request, sku)
    initial = {"units": there - aside, "key": f"move:{uuid4()}"}
    form = MoveForm(request.POST or None, origin=place, initial=initial)
    context = frame(request, sku, "move") | {"form": form, "place": place, "lot": lot, "there": there, "aside": aside}
    if request.method != "POST":
        return render(request, "inventory/move.html", context)
    if form.is_valid() and _move(request, sku, place, lot, form):
        return redirect("item_detail", code=sku.code)
    return render(request, "inventory/move.html", context, status=422)


def _move(request: StaffRequest, sku: Any, place: Bin, lot: Lot | None, form: MoveForm) -> bool:
    data = form.cleaned_data
    try:
        move_stock(
            sku=sku,
            lot=lot,
            units=data["units"],
            origin=place,
            target=data["target"],
            reason=data["reason"],
            key=data["key"],
            by=request.user,
            now=timezone.now(),
        )
    except TransferRefused as error:
        form.add_error(None, str(error))
        return False
    words = ngettext("%(n)d unit is in %(bin)s now.", "%(n)d units are in %(bin)s now.", data["units"])
    messages.success(request, words % {"n": data["units"], "bin": data["target"].code})
    return True


@staff_page("inventory.adjust", "fulfilment.pick")
def item_receive(request: StaffRequest, code: str) -> HttpResponse:
    """Book a delivery of this item into a place."""
    sku = item_of(request, code)
    form = ReceiveForm(request.POST or None, warehouses=my_warehouses(request))
    context = frame(request, sku, "receive") | {"form": form}
    if request.method != "POST":
        return render(request, "inventory/receive.html", context)
    if form.is_valid() and _receive(request, sku, form):
        return redirect("item_detail", code=sku.code)
    return render(request, "inventory/receive.html", context, status=422)


def _receive(request: StaffRequest, sku: Any, form: ReceiveForm) -> bool:
    data = form.cleaned_data
    line = ReceiptLine(sku_id=sku.pk, units=data["units"])
    try:
        receive_goods(place=data["place"], lines=[line], document=data["document"], by=request.user, now=timezone.now())
    except ReceiptRefused as error:
        form.add_error(None, str(error))
        return False
    words = ngettext("%(units)d unit received into %(bin)s.", "%(units)d units received into %(bin)s.", data["units"])
    messages.success(request, words % {"units": data["units"], "bin": data["place"].code})
    return True


@require_POST
@staff_page("inventory.adjust", "fulfilment.pick")
def item_count(request: StaffRequest, code: str) -> HttpResponse:
    """Ask for a place to be counted."""
    sku = item_of(request, code)
    place, _lot, _there, _aside = _place(request, sku)
    ask_for_count(place=place, sku=sku, reason=_("Asked for on the item page"), by=request.user, now=timezone.now())
    messages.success(request, _("A count of %(bin)s is asked for.") % {"bin": place.code})
    return redirect("item_detail", code=sku.code)
