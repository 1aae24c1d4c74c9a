"""Stock of every item over the warehouses a person sees, as the overview lists it."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from inventory.models import Sku, StockMovement, Warehouse
from inventory.states import MovementKind, SkuStatus

SHORT, LOW, OK, BUNDLE, ENDED = "short", "low", "ok", "bundle", "discontinued"
# Days over which dispatches are averaged for the days of cover.
COVER_WINDOW = timedelta(days=28)


def _units(field: str, warehouses: Any) -> Any:
    chosen = Sum(f"levels__{field}", filter=Q(levels__warehouse__in=warehouses))
    return Coalesce(chosen, Value(0), output_field=IntegerField())


def with_stock(skus: QuerySet[Sku], warehouses: QuerySet[Warehouse]) -> QuerySet[Sku]:
    """Adds on_hand, unsaleable, promised, safety, available (units) and a stock word; one row per SKU.

    available = on hand − not for sale − promised − safety. short: nothing left to promise; low: less
    left than the safety stock itself.
    """
    pks = list(warehouses.values_list("pk", flat=True))
    skus = skus.annotate(
        on_hand=_units("on_hand", pks),
        unsaleable=_units("unsaleable", pks),
        promised=_units("allocated", pks),
        safety=_units("safety", pks),
    )
    skus = skus.annotate(available=F("on_hand") - F("unsaleable") - F("promised") - F("safety"))
    return skus.annotate(
        stock_word=Case(
            When(is_bundle=True, then=Value(BUNDLE)),
            When(available__lte=0, status=SkuStatus.ACTIVE, then=Value(SHORT)),
            When(status=SkuStatus.DISCONTINUED, then=Value(ENDED)),
            When(available__lte=F("safety"), then=Value(LOW)),
            default=Value(OK),
        )
    )


def shipped_units(sku_ids: list[int], *, now: datetime) -> dict[int, int]:
    """Units that left in the last four weeks, by SKU."""
    rows = StockMovement.objects.filter(sku_id__in=sku_ids, kind=MovementKind.SHIPPED, at__gte=now - COVER_WINDOW)
    return {sku: -units for sku, units in rows.values_list("sku").annotate(units=Sum("quantity")).order_by()}


def days_of_cover(available: int, shipped: int) -> int | None:
    """Whole days until nothing is left at the pace of the last four weeks; None without a pace."""
    return None if shipped <= 0 else max(available, 0) * COVER_WINDOW.days // shipped
