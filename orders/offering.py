"""Items as they are offered on the phone: found by what is typed, with price, tax, and what is there."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import get_territory_currencies
from django.db.models import F, FilteredRelation, Q, Sum

from inventory.models import Sku, SkuCode, SkuPrice, StockLevel
from inventory.search import matching, sku_with_code
from inventory.states import SkuStatus
from ordermgmt.finding import Asked
from orders.known import components_of

MOST_FOUND = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """An item with its list price (None: it has none in this currency) and the units free where it may come from."""

    pk: int
    code: str
    name: str
    is_sold: bool
    tax_class: str
    currency: str
    price: Decimal | None
    free: int
    parts: tuple[str, ...] = ()


def find_codes(typed: str) -> list[tuple[str, int]]:
    """Codes of the items that are meant, with the units of one (a case code has several); one for an exact code."""
    asked = Asked(typed)
    case = SkuCode.objects.filter(code=asked.code).select_related("sku").first() if asked.code else None
    if case:
        return [(case.sku.code, case.quantity)]
    if asked.code and (exact := sku_with_code(asked.code)):
        return [(exact.code, 1)]
    rows = matching(asked).filter(status=SkuStatus.ACTIVE).order_by("code")
    return [(code, 1) for code in rows.values_list("code", flat=True)[:MOST_FOUND]]


def offers(
    codes: Iterable[str],
    *,
    currency: str,
    warehouse_ids: Collection[int] | None = None,
    kept: Mapping[tuple[int, int], int] | None = None,
) -> dict[str, Offer]:
    """By code, in three statements; `warehouse_ids` are the places that may deliver (None: all).

    `kept` are units kept back for whoever asks, by warehouse and SKU: they are free for them.
    """
    wanted = set(codes)
    if not wanted:
        return {}
    priced = FilteredRelation("prices", condition=Q(prices__currency=currency))
    rows = Sku.objects.filter(code__in=wanted).annotate(priced=priced).order_by("code")
    found = list(rows.values_list("pk", "code", "name", "status", "is_bundle", "product__tax_class", "priced__amount"))
    parts = components_of(row[0] for row in found if row[4])
    needed = {row[0] for row in found} | {part.component_id for own in parts.values() for part in own}
    free = Counter(_free(needed, warehouse_ids))
    for (warehouse, sku), units in (kept or {}).items():
        free[sku] += units if warehouse_ids is None or warehouse in warehouse_ids else 0
    made = {}
    for pk, code, name, status, _is_bundle, tax_class, price in found:
        own = parts.get(pk, ())
        units = min((free.get(part.component_id, 0) // part.quantity for part in own), default=free.get(pk, 0))
        words = tuple(f"{part.quantity} × {part.component.name}" for part in own)
        is_sold = status == SkuStatus.ACTIVE
        made[code] = Offer(pk, code, name, is_sold, tax_class, currency, price, max(units, 0), words)
    return made


def _free(sku_ids: Collection[int], warehouse_ids: Collection[int] | None) -> dict[int, int]:
    taken = F("unsaleable") + F("allocated") + F("safety")
    levels = StockLevel.objects.filter(sku__in=sku_ids, warehouse__is_active=True, on_hand__gt=taken)
    if warehouse_ids is not None:
        levels = levels.filter(warehouse__in=warehouse_ids)
    return dict(levels.order_by().values_list("sku").annotate(n=Sum(F("on_hand") - taken)))


def currency_of(country: str, *, otherwise: str) -> str:
    """The currency of a country when we have prices in it (CLDR)."""
    usual: Sequence[str] = get_territory_currencies(country) if country else []
    if usual and usual[0] != otherwise and SkuPrice.objects.filter(currency=usual[0]).exists():
        return usual[0]
    return otherwise
