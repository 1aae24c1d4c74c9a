"""What the lists of the warehouse can be narrowed by."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.forms import DateInput
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFilter, ModelChoiceFilter

from inventory.models import Bin, Sku, StockMovement, Warehouse
from inventory.overview import BUNDLE, ENDED, LOW, OK, SHORT, with_stock
from inventory.states import BinKind, MovementKind
from ordermgmt.listing import ListFilters

STOCK_WORDS = [
    (SHORT, _("Short")),
    (LOW, _("Low")),
    (OK, _("Enough")),
    (BUNDLE, _("Bundle")),
    (ENDED, _("Discontinued")),
]

DAY = DateInput(attrs={"type": "date"})


def my_warehouses(request: Any) -> QuerySet[Warehouse]:
    """The warehouses the person of this request may see."""
    rows: QuerySet[Warehouse] = Warehouse.objects.for_user(request.user)
    return rows


class ItemFilters(ListFilters):
    """`warehouse` comes first: it decides what the numbers mean that others filter by."""

    warehouse = ModelChoiceFilter(
        queryset=my_warehouses, to_field_name="code", method="of_warehouse", label=_("Warehouse"), empty_label=_("All")
    )
    q = CharFilter(method="by_words", label=_("Words"))
    stock = ChoiceFilter(field_name="stock_word", choices=STOCK_WORDS, label=_("Stock"), empty_label=_("All"))

    class Meta:
        model = Sku
        fields: ClassVar = ["warehouse", "q", "stock"]

    def of_warehouse(self, rows: QuerySet[Sku], _name: str, warehouse: Warehouse) -> QuerySet[Sku]:
        return with_stock(rows, Warehouse.objects.filter(pk=warehouse.pk))

    def by_words(self, rows: QuerySet[Sku], _name: str, words: str) -> QuerySet[Sku]:
        for word in words.split()[:8]:
            coded = Sku.objects.filter(codes__code__iexact=word).values("pk")
            rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(barcode=word) | Q(pk__in=coded))
        return rows


class MovementFilters(ListFilters):
    warehouse = ModelChoiceFilter(
        queryset=my_warehouses, to_field_name="code", label=_("Warehouse"), empty_label=_("All warehouses")
    )
    kind = ChoiceFilter(choices=MovementKind.choices, label=_("What"), empty_label=_("All movements"))
    since = DateFilter(field_name="at", lookup_expr="date__gte", label=_("From"), widget=DAY)
    until = DateFilter(field_name="at", lookup_expr="date__lte", label=_("To"), widget=DAY)

    class Meta:
        model = StockMovement
        fields: ClassVar = ["warehouse", "kind", "since", "until"]


class BinFilters(ListFilters):
    q = CharFilter(field_name="code", lookup_expr="icontains", label=_("Words"))
    kind = ChoiceFilter(choices=BinKind.choices, label=_("Kind"), empty_label=_("All kinds"))

    class Meta:
        model = Bin
        fields: ClassVar = ["q", "kind"]
