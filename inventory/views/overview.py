"""P15: the inventory overview."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from inventory.filters import STOCK_WORDS, ItemFilters, my_warehouses
from inventory.models import BinStock, Sku
from inventory.overview import BUNDLE, ENDED, LOW, OK, SHORT, days_of_cover, shipped_units, with_stock
from ordermgmt.access import staff_page
from ordermgmt.listing import Column, Empty, ListPage, View
from ordermgmt.templatetags import portal

TONES = {SHORT: "bad", LOW: "warn", OK: "good", BUNDLE: "neutral", ENDED: "neutral"}


def stock_mark(word: str) -> SafeString:
    """● Enough, ▲ Low, ⬣ Short."""
    label = dict(STOCK_WORDS)[word]
    return portal.tag(label, TONES[word], word in (SHORT, LOW), "cross" if word == ENDED else "")


def explained(sku: Any) -> SafeString:
    """available = on hand − promised − not for sale − safety; each part leads to the rows behind it."""
    if sku.is_bundle:
        return format_html('<span class="muted">{}</span>', _g("from its parts"))
    url = sku.get_absolute_url()
    orders = _orders_url(sku)
    parts = [
        (f"{url}#places", portal.number(sku.on_hand), _g("on hand")),
        (orders, f"− {portal.number(sku.promised)}", _g("promised")),
        (f"{url}#off-sale", f"− {portal.number(sku.unsaleable)}", _g("not for sale")),
        (f"{url}#levels", f"− {portal.number(sku.safety)}", _g("safety stock")),
    ]
    rows = format_html_join("", '<li><a href="{}">{} {}</a></li>', parts)
    words = portal.number(sku.available)
    return format_html(
        '<details class="explain"><summary><span class="vh">{}</span> <strong>{}</strong></summary>'
        '<ul role="list">{}<li>= {} {}</li></ul></details>',
        _g("Explain"),
        words,
        rows,
        words,
        _g("available"),
    )


def _orders_url(sku: Any) -> str:
    return f"{reverse('item_detail', args=[sku.code])}#promised"


def _cover(sku: Any) -> Any:
    if sku.is_bundle or sku.cover is None:
        return portal.number(None)
    return f"{portal.number(sku.cover)}\u00a0{_g('d')}"


class ItemList(ListPage):
    name = "inventory"
    title = _("Inventory")
    counted = ngettext_lazy("%(n)s item", "%(n)s items", "count")
    filterset = ItemFilters
    columns: ClassVar[Sequence[Column]] = (
        Column("code", _("Item"), sort="code", css="id"),
        Column("name", _("Name"), sort="name", css="grow"),
        Column("on_hand", _("On hand"), sort="on_hand", css="num wide"),
        Column("promised", _("Promised"), sort="promised", css="num wide"),
        Column("available", _("Available"), cell=explained, sort="available", css="num"),
        Column("cover", _("Days of cover"), cell=_cover, text=lambda sku: sku.cover, css="num wide"),
        Column("place", _("Place"), cell=lambda sku: sku.place or portal.number(None), css="wide nowrap"),
        Column(
            "stock_word",
            _("Stock"),
            cell=lambda sku: stock_mark(sku.stock_word),
            text=lambda sku: dict(STOCK_WORDS)[sku.stock_word],
        ),
        Column("unsaleable", _("Not for sale"), css="num wide", default=False),
        Column("safety", _("Safety stock"), css="num wide", default=False),
        Column("barcode", _("GTIN"), default=False, css="wide"),
        Column("weight_g", _("Weight (g)"), default=False, css="num wide"),
    )
    sorts: ClassVar = {
        "code": ("code", "id"),
        "name": ("name", "id"),
        "on_hand": ("-on_hand", "id"),
        "promised": ("-promised", "id"),
        "available": ("available", "id"),
    }
    default_sort = "code"
    views: ClassVar = (
        View("all", _("All")),
        View("short", _("Short"), f"stock={SHORT}&sort=available"),
        View("low", _("Low"), f"stock={LOW}&sort=available"),
        View("discontinued", _("Discontinued"), f"stock={ENDED}"),
    )
    empty = Empty(
        _("No items yet"), _("Items and their stock appear here."), _("Add the first item"), "/items/new/", "stock"
    )
    export_permission = "inventory.export"
    has_peek = True
    template = "inventory/list.html"

    def extra_context(self) -> dict[str, Any]:
        user = self.request.user
        return {"may_edit": user.has_perm("inventory.edit"), "may_import": user.has_perm("inventory.import")}

    def prepare(self, rows: list[Any]) -> None:
        shipped = shipped_units([sku.pk for sku in rows], now=self.now)
        places = _main_places(rows)
        for sku in rows:
            sku.cover = days_of_cover(sku.available, shipped.get(sku.pk, 0))
            sku.place = places.get(sku.pk, "")


def _main_places(rows: list[Any]) -> dict[int, str]:
    """The place that holds most of each item."""
    found: dict[int, str] = {}
    stock = BinStock.objects.filter(sku__in=[sku.pk for sku in rows], quantity__gt=0)
    for sku_id, code in stock.order_by("-quantity", "bin__code").values_list("sku_id", "bin__code"):
        found.setdefault(sku_id, code)
    return found


@staff_page("inventory.view")
def item_list(request: HttpRequest) -> HttpResponseBase:
    """Every item with what is on hand, promised and available."""
    return ItemList(request, with_stock(Sku.objects.all(), my_warehouses(request))).response()


@staff_page("inventory.view")
def item_peek(request: HttpRequest, code: str) -> HttpResponseBase:
    """The panel beside the list: how available comes about, and where the goods lie."""
    sku: Any = get_object_or_404(with_stock(Sku.objects.filter(code=code), my_warehouses(request)))
    places = sku.bin_stock.filter(quantity__gt=0, bin__warehouse__in=my_warehouses(request)).select_related(
        "bin__warehouse", "lot"
    )
    shipped = shipped_units([sku.pk], now=timezone.now()).get(sku.pk, 0)
    context = {"sku": sku, "places": places[:20], "mark": stock_mark(str(sku.stock_word)), "shipped": shipped}
    return render(request, "inventory/peek.html", context)
