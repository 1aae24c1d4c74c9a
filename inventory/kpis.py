"""Figures about stock: what is out of it, how right the books are, how fast it turns.

No purchase prices are kept, so turnover and days of stock are in units, not in cost of goods sold.
"""

from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory.models import CountEntry, CountTask, Sku, StockLevel, StockMovement, Warehouse
from inventory.states import MovementKind, SkuStatus
from ordermgmt.kpis import Filters, Period, Trail, Unit, dimension, kpi, midnight, one_if
from ordermgmt.models import Activity
from ordermgmt.money import ZERO

FREE = F("on_hand") - F("unsaleable") - F("allocated") - F("safety")

dimension("warehouse", _("Warehouse"), lambda: Warehouse.objects.values_list("code", "title"))


def _item(row: Any) -> tuple[str, str]:
    return row.sku.code, reverse("item_detail", args=[row.sku.code])


@kpi(
    "stock_outs",
    title=_("Items out of stock"),
    question=_("How much of the range can nobody buy?"),
    definition=_("Active items of which no warehouse has a unit to promise ÷ active items that are stocked."),
    source="StockLevel, Sku",
    unit=Unit.SHARE,
    higher_is_better=False,
    is_live=True,
    numerator=one_if(Q(free__lte=0)),
    record=lambda row: (row.code, row.get_absolute_url()),
    target=Decimal("0.05"),
    group="stock",
    rank=60,
)
def stock_outs(period: Period) -> QuerySet[Sku]:
    free = StockLevel.objects.filter(sku=OuterRef("pk")).order_by().values("sku").annotate(n=Sum(FREE)).values("n")
    return Sku.objects.filter(status=SkuStatus.ACTIVE, is_bundle=False).annotate(free=Coalesce(Subquery(free), 0))


@kpi(
    "avoidable_stock_outs",
    title=_("Out of stock here, not elsewhere"),
    question=_("Which shortages would a transfer end?"),
    definition=_(
        "Items of a warehouse with no unit to promise although another warehouse has one ÷ active items of the warehouse."
    ),
    source="StockLevel",
    unit=Unit.SHARE,
    higher_is_better=False,
    is_live=True,
    numerator=one_if(Q(left__lte=0, is_elsewhere=True)),
    dimensions={"warehouse": "warehouse__code"},
    record=_item,
    joins=("sku",),
    group="stock",
    rank=61,
)
def avoidable_stock_outs(period: Period) -> QuerySet[StockLevel]:
    others: QuerySet[Any] = StockLevel.objects.filter(sku=OuterRef("sku"), warehouse__is_active=True).exclude(
        warehouse=OuterRef("warehouse")
    )
    rows: QuerySet[Any] = StockLevel.objects.filter(sku__status=SkuStatus.ACTIVE, warehouse__is_active=True)
    found: QuerySet[Any] = rows.annotate(left=FREE, is_elsewhere=Exists(others.annotate(left=FREE).filter(left__gt=0)))
    return found


@kpi(
    "inventory_accuracy",
    title=_("Inventory accuracy"),
    question=_("Do the shelves hold what the books say?"),
    definition=_(
        "Places counted where a count found exactly what the books said ÷ places counted, on the day of the end."
    ),
    source="CountTask, CountEntry",
    unit=Unit.SHARE,
    moment="done_at",
    numerator=one_if(Exists(CountEntry.objects.filter(task=OuterRef("pk"), voided_at=None, counted=F("expected")))),
    dimensions={"warehouse": "bin__warehouse__code"},
    trails=(Trail(Activity.objects.all, "subject", "sku__code"),),
    target=Decimal("0.98"),
    record=_item,
    joins=("sku",),
    group="stock",
    rank=62,
)
def inventory_accuracy(period: Period) -> QuerySet[CountTask]:
    counted = CountEntry.objects.filter(task=OuterRef("pk"), voided_at=None)
    return CountTask.objects.filter(Exists(counted), done_at__isnull=False)


def units_on_hand(period: Period, filters: Filters) -> Decimal:
    """Average of the balances at the end of each day of the period: today's balance, taken back along the ledger."""
    warehouse = filters.get("warehouse")
    levels, moves = StockLevel.objects.all(), StockMovement.objects.filter(at__gte=midnight(period.first))
    if warehouse:
        levels, moves = levels.filter(warehouse__code=warehouse), moves.filter(warehouse__code=warehouse)
    now = levels.aggregate(n=Sum("on_hand"))["n"] or 0
    total = now * period.days
    for at, quantity in moves.values_list("at").annotate(n=Sum("quantity")).order_by():
        # A movement on day d is not yet in the balances of the days before d.
        days = sum(at >= midnight(day) for day in period.each[1:]) if at < period.instants[1] else period.days
        total -= quantity * days
    return Decimal(total) / period.days


_SHIPPED: dict[str, Any] = {
    "source": "StockMovement, StockLevel",
    "moment": "at",
    "numerator": -F("quantity"),
    "dimensions": {"warehouse": "warehouse__code"},
    "trails": (Trail(StockMovement.objects.all, "pk", "pk"),),
    "base": units_on_hand,
    "record": _item,
    "joins": ("sku",),
    "group": "stock",
}


def shipped(period: Period) -> QuerySet[StockMovement]:
    return StockMovement.objects.filter(kind=MovementKind.SHIPPED)


kpi(
    "stock_turnover",
    title=_("Stock turnover"),
    question=_("How often does the stock turn in a year?"),
    definition=_(
        "Units shipped ÷ average units on hand at the end of each day × 365 ÷ days. In units: purchase prices are not kept."
    ),
    unit=Unit.TIMES,
    formula=lambda sent, held, period: sent / held * 365 / period.days if held else None,
    rank=63,
    **_SHIPPED,
)(shipped)

kpi(
    "days_of_stock",
    title=_("Days of stock"),
    question=_("For how many days does the stock last?"),
    definition=_(
        "Average units on hand ÷ units shipped × days of the period (DSI in units: purchase prices are not kept)."
    ),
    unit=Unit.DAYS,
    higher_is_better=False,
    formula=lambda sent, held, period: held / sent * period.days if sent > ZERO else None,
    rank=64,
    **_SHIPPED,
)(shipped)
