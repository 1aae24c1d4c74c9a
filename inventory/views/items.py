"""P16: the page of an item with its places, ledger, codes and changes."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from inventory.actions.products import ItemRefused, add_code, bring_back_item, discontinue_item, remove_code, set_parts
from inventory.filters import MovementFilters, my_warehouses
from inventory.forms import CodeForm, PartsForm
from inventory.ledger import ORDER, sum_of, with_balances
from inventory.models import Sku, SkuCode, StockMovement
from inventory.overview import days_of_cover, shipped_units, with_stock
from inventory.views.overview import stock_mark
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.listing.keyset import read_cursor, read_slice
from ordermgmt.timelines import field_changes, history_of

LEDGER_ROWS = 50


def item_of(request: HttpRequest, code: str) -> Any:
    """The item with its stock in the person's warehouses, or 404."""
    rows = with_stock(Sku.objects.select_related("product"), my_warehouses(request))
    return get_object_or_404(rows, code=code)


def frame(request: HttpRequest, sku: Any, tab: str) -> dict[str, Any]:
    """What every tab of an item shows above its own content."""
    user = request.user
    tabs = [
        ("overview", _("Overview"), "item_detail"),
        ("ledger", _("Ledger"), "item_ledger"),
        ("codes", _("Codes"), "item_codes"),
        ("changes", _("Changes"), "item_changes"),
    ]
    return {
        "page": f"item-{tab}",
        "sku": sku,
        "mark": stock_mark(sku.stock_word),
        "tabs": [
            {"label": label, "href": reverse(url, args=[sku.code]), "current": name == tab, "count": None}
            for name, label, url in tabs
        ],
        "may_edit": user.has_perm("inventory.edit"),
        "may_adjust": user.has_perm("inventory.adjust"),
    }


def orders_url(sku: Any) -> str:
    """The orders that wait for or hold this item, where the order list is present."""
    try:
        return f"{reverse('order_list')}?item={sku.code}"
    except NoReverseMatch:
        return ""


@staff_page("inventory.view")
def item_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Numbers, places, warehouses, parts and the newest lines of the ledger."""
    sku = item_of(request, code)
    warehouses = my_warehouses(request)
    now = timezone.now()
    scope = sku.movements.filter(warehouse__in=warehouses)
    newest = list(scope.select_related("bin", "lot", "warehouse").order_by(*ORDER)[:10])
    shipped = shipped_units([sku.pk], now=now).get(sku.pk, 0)
    context = frame(request, sku, "overview") | {
        "levels": sku.levels.filter(warehouse__in=warehouses).with_available().select_related("warehouse"),
        "places": sku.bin_stock.filter(quantity__gt=0, bin__warehouse__in=warehouses)
        .select_related("bin__warehouse", "lot")
        .order_by("bin__warehouse__code", "bin__pick_sequence", "bin__code"),
        "parts": sku.components.select_related("component") if sku.is_bundle else [],
        "bundles": sku.in_bundles.select_related("bundle"),
        "prices": sku.prices.order_by("currency"),
        "counts": sku.count_tasks.filter(done_at=None, bin__warehouse__in=warehouses).select_related("bin"),
        "lines": with_balances(scope, newest),
        "ledger_differs": sum_of(scope) != sku.on_hand,
        "cover": days_of_cover(sku.available, shipped),
        "orders_url": orders_url(sku),
    }
    return render(request, "inventory/item.html", context)


@staff_page("inventory.view")
def item_ledger(request: HttpRequest, code: str) -> HttpResponse:
    """Every movement with the balance after it; the filters leave lines out, never change a balance."""
    sku = item_of(request, code)
    everything = sku.movements.filter(warehouse__in=my_warehouses(request))
    filters = MovementFilters(request.GET, queryset=everything, request=request)
    warehouse = filters.applied.get("warehouse")
    scope = everything.filter(warehouse=warehouse) if warehouse else everything
    rows = filters.qs.select_related("bin", "lot", "warehouse", "corrects")
    found = read_slice(rows, ORDER, LEDGER_ROWS, _cursor(request, rows))
    on_hand = (
        sum(sku.levels.filter(warehouse=warehouse).values_list("on_hand", flat=True)) if warehouse else sku.on_hand
    )
    ledger = sum_of(scope)
    context = frame(request, sku, "ledger") | {
        "filters": filters,
        "lines": with_balances(scope, found.rows),
        "previous_url": _page_url(request, before=found.previous),
        "next_url": _page_url(request, after=found.next),
        "ledger": ledger,
        "on_hand": on_hand,
        "ledger_differs": ledger != on_hand,
        "is_last": not found.next,
        "first": found.start + 1,
        "last": found.start + len(found.rows),
    }
    return render(request, "inventory/ledger.html", context)


def _cursor(request: HttpRequest, rows: QuerySet[StockMovement]) -> Any:
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    return read_cursor(before or after, rows, ORDER, backwards=bool(before)) if before or after else None


def _page_url(request: HttpRequest, **where: str) -> str:
    if not all(where.values()):
        return ""
    data = request.GET.copy()
    for name in ("before", "after"):
        data.pop(name, None)
    data.update(where)
    return f"?{data.urlencode()}"


@staff_page("inventory.view")
def item_codes(request: StaffRequest, code: str) -> HttpResponse:
    """GTIN, case codes and our own code; every one that a scanner understands as this item."""
    sku = item_of(request, code)
    context = frame(request, sku, "codes")
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if not context["may_edit"]:
            return refused(request)
        if form.is_valid() and _add_code(request, sku, form):
            return redirect("item_codes", code=sku.code)
        status = 422
    context |= {"form": form, "codes": sku.codes.order_by("code")}
    return render(request, "inventory/codes.html", context, status=status)


def _add_code(request: StaffRequest, sku: Sku, form: CodeForm) -> bool:
    try:
        add_code(sku=sku, by=request.user, now=timezone.now(), **form.cleaned_data)
    except ItemRefused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return False
    messages.success(request, _("Code added."))
    return True


@require_POST
@staff_page("inventory.edit")
def item_code_remove(request: StaffRequest, code: str, pk: int) -> HttpResponse:
    """Take a code away."""
    row = get_object_or_404(SkuCode.objects.select_related("sku"), pk=pk, sku__code=code)
    remove_code(row=row, by=request.user, now=timezone.now())
    messages.success(request, _("%(code)s is no longer a code of this item.") % {"code": row.code})
    return redirect("item_codes", code=code)


@staff_page("inventory.view")
def item_changes(request: HttpRequest, code: str) -> HttpResponse:
    """Who changed what."""
    sku = item_of(request, code)
    now = timezone.now()
    context = frame(request, sku, "changes") | {
        "days": history_of(sku.code, now=now),
        "fields": field_changes(sku, sku.product),
    }
    return render(request, "inventory/changes.html", context)


@staff_page("inventory.edit")
def item_parts(request: StaffRequest, code: str) -> HttpResponse:
    """What goes into a bundle."""
    sku = item_of(request, code)
    form = PartsForm(request.POST or None, sku=sku)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                set_parts(bundle=sku, parts=form.cleaned_data["parts"], by=request.user, now=timezone.now())
            except ItemRefused as error:
                form.add_error("parts", str(error))
            else:
                messages.success(request, _("Parts saved. Orders placed before keep theirs."))
                return redirect("item_detail", code=sku.code)
    context = frame(request, sku, "overview") | {"form": form}
    return render(request, "inventory/parts.html", context, status=status)


@require_POST
@staff_page("inventory.edit")
def item_status(request: StaffRequest, code: str, deed: str) -> HttpResponse:
    """Discontinue an item or bring it back; each undoes the other."""
    sku = get_object_or_404(Sku, code=code)
    verbs = {"discontinue": discontinue_item, "bring-back": bring_back_item}
    back = {"discontinue": "bring-back", "bring-back": "discontinue"}
    verbs[deed](sku=sku, by=request.user, now=timezone.now())
    words = _("%(sku)s is discontinued.") if deed == "discontinue" else _("%(sku)s can be ordered again.")
    undo = reverse("item_status", args=[code, back[deed]])
    messages.success(request, words % {"sku": sku.code}, extra_tags=undo)
    return redirect("item_detail", code=code)


def refused(request: HttpRequest) -> HttpResponse:
    """The page was opened for reading by someone who may not write."""
    messages.error(request, _("You can look at this, but not change it. Ask a warehouse lead."))
    return redirect(request.path)
