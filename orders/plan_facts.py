"""A version of a plan as facts: for its guards, its copies, and to see whether somebody else changed it."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Sum

from inventory.models import Sku
from inventory.states import SkuStatus
from orders.models import PlanItem, PlanPrice, PlanVersion
from orders.periods import Interval
from orders.plan_rules import ItemFacts, PlanFacts, PriceFacts, read_interval

# The terms of a version, as the editor shows them.
TERMS = (
    "deliver_every",
    "deliver_unit",
    "bill_every",
    "bill_unit",
    "allowed_intervals",
    "cut_off_days",
    "charge_days",
    "reminder_days",
    "trial_days",
    "minimum_deliveries",
    "ends_after",
    "most_skips",
    "most_pause_days",
    "content",
    "choices_per_box",
    "may_swap",
    "may_cancel",
    "shortage",
    "last_step",
    "delivery_charge",
    "tax_class",
)
PRICE_FIELDS = ("currency", "model", "amount", "tiers", "set_up_fee")
ITEM_FIELDS = ("sku_id", "quantity", "group", "is_default", "month")


def terms_of(version: PlanVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in TERMS}


def prices_of(version: PlanVersion) -> list[PriceFacts]:
    rows = version.prices.order_by("currency", "pk")
    return [PriceFacts(**{name: getattr(row, name) for name in PRICE_FIELDS}) for row in rows]


def items_of(version: PlanVersion) -> list[ItemFacts]:
    """Its items, each with whether it is sold and how many units of it are free."""
    rows = list(version.items.select_related("sku").order_by("pk"))
    return known_items(
        (row.sku, {name: getattr(row, name) for name in ITEM_FIELDS if name != "sku_id"}) for row in rows
    )


def known_items(wanted: Iterable[tuple[Sku, dict[str, Any]]]) -> list[ItemFacts]:
    """Items as wanted, with what the guards ask of the warehouse; one query for all of them."""
    rows = list(wanted)
    free = _free({sku.pk for sku, _facts in rows if not sku.is_bundle})
    return [
        ItemFacts(
            sku_id=sku.pk,
            code=sku.code,
            is_sold=sku.status == SkuStatus.ACTIVE,
            free=None if sku.is_bundle else free.get(sku.pk, 0),
            **facts,
        )
        for sku, facts in rows
    ]


def _free(sku_ids: set[int]) -> dict[int, int]:
    free = Sum(F("levels__on_hand") - F("levels__unsaleable") - F("levels__allocated") - F("levels__safety"))
    return {pk: units or 0 for pk, units in Sku.objects.filter(pk__in=sku_ids).values_list("pk").annotate(free=free)}


def plan_facts(terms: dict[str, Any], prices: list[PriceFacts], items: list[ItemFacts]) -> PlanFacts:
    """Terms, prices and items as the guards take them."""
    names = ("cut_off_days", "charge_days", "content", "choices_per_box", "minimum_deliveries", "ends_after")
    return PlanFacts(
        deliver=Interval(terms["deliver_every"], terms["deliver_unit"]),
        bill=Interval(terms["bill_every"], terms["bill_unit"]),
        allowed=[read_interval(text) for text in terms["allowed_intervals"]],
        prices=prices,
        items=items,
        **{name: terms[name] for name in names},
    )


def fingerprint(version: PlanVersion) -> str:
    """The same as long as nobody changed the version."""
    facts = [
        terms_of(version),
        list(version.prices.order_by("currency", "pk").values_list(*PRICE_FIELDS)),
        list(version.items.order_by("pk").values_list(*ITEM_FIELDS)),
    ]
    return sha256(json.dumps(facts, cls=DjangoJSONEncoder, sort_keys=True).encode()).hexdigest()[:16]


def write_contents(version: PlanVersion, prices: Iterable[PriceFacts], items: Iterable[ItemFacts]) -> None:
    """Inside the caller's transaction: the prices and items of a draft instead of those it had."""
    version.prices.all().delete()
    version.items.all().delete()
    PlanPrice.objects.bulk_create(
        PlanPrice(version=version, **{name: _plain(getattr(price, name)) for name in PRICE_FIELDS}) for price in prices
    )
    PlanItem.objects.bulk_create(
        PlanItem(version=version, **{name: getattr(item, name) for name in ITEM_FIELDS}) for item in items
    )


def _plain(value: Any) -> Any:
    return [list(row) for row in value] if isinstance(value, list | tuple) else value
