"""What prices of many subscriptions need, read at once: plan prices, items, promotions, announced prices."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from customers.models import Address
from inventory.models import Sku, SkuPrice
from ordermgmt.money import ZERO
from orders.models import (
    PlanItem,
    PlanPrice,
    PlanVersion,
    PriceChangeItem,
    Redemption,
    Subscription,
    SubscriptionLine,
)
from orders.tax import Buyer, Rates, Tax, tax_for
from orders.tax_rates import load_rates, seller_country

T = TypeVar("T")


class Good(NamedTuple):
    """An item as it is sold; `price` is its list price in the currency asked for (0: it has none)."""

    pk: int
    code: str
    name: str
    tax_class: str
    price: Decimal


class Announced(NamedTuple):
    """A price the customer was told of, from a day on."""

    effective_on: date
    price: Decimal


@dataclass(slots=True)
class PriceBook:
    """All that prices of some subscriptions need, read in a constant number of statements."""

    prices: dict[tuple[int, str], PlanPrice]
    goods: dict[tuple[int, str], Good]
    lines: dict[int, list[SubscriptionLine]]
    contents: dict[int, list[PlanItem]]
    redemptions: dict[int, list[Redemption]]
    announced: dict[int, list[Announced]]
    rates: Rates
    _taxes: dict[tuple[Buyer, str, date], Tax] = field(default_factory=dict)

    def tax(self, subscription: Subscription, tax_class: str, on: date, *, to: Address | None) -> Tax:
        """How goods of a class are taxed where they go, on a day; worked out once for all alike."""
        buyer = Buyer(to.country, to.region, subscription.customer.vat_id) if to else Buyer("")
        key = (buyer, tax_class, on)
        if key not in self._taxes:
            self._taxes[key] = tax_for(buyer, tax_class, on=on, seller_country=seller_country(), rates=self.rates)
        return self._taxes[key]


def load_prices(
    subscriptions: Sequence[Subscription],
    *,
    versions: Iterable[PlanVersion] = (),
    item_skus: Iterable[int] = (),
) -> PriceBook:
    """Eight statements; addresses and customers come with the rows. `versions` are further ones asked about, `item_skus` items beside the usual contents."""
    pks = [s.pk for s in subscriptions]
    version_ids = {s.version_id for s in subscriptions} | {v.pk for v in versions}
    version_ids |= {s.next_version_id for s in subscriptions if s.next_version_id}
    lines = _grouped(SubscriptionLine.objects.filter(subscription__in=pks).order_by("position"), "subscription_id")
    contents = _grouped(PlanItem.objects.filter(version__in=version_ids).order_by("pk"), "version_id")
    redemptions = Redemption.objects.filter(subscription__in=pks).exclude(charges_left=0).select_related("promotion")
    rises = PriceChangeItem.objects.filter(
        subscription__in=pks, noticed_at__isnull=False, applied_at=None, stopped_at=None
    )
    skus = {line.sku_id for own in lines.values() for line in own}
    skus |= {item.sku_id for own in contents.values() for item in own} | set(item_skus)
    announced: dict[int, list[Announced]] = defaultdict(list)
    for row in rises.order_by("effective_on", "pk"):
        announced[row.subscription_id].append(Announced(row.effective_on, row.new_price))
    return PriceBook(
        {(p.version_id, p.currency): p for p in PlanPrice.objects.filter(version__in=version_ids)},
        _goods(skus, {s.currency for s in subscriptions}),
        lines,
        contents,
        _grouped(redemptions.order_by("pk"), "subscription_id"),
        announced,
        load_rates(),
    )


def _grouped(rows: Iterable[T], name: str) -> dict[int, list[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _goods(skus: set[int], currencies: set[str]) -> dict[tuple[int, str], Good]:
    known = Sku.objects.filter(pk__in=skus).values_list("pk", "code", "name", "product__tax_class")
    listed = SkuPrice.objects.filter(sku__in=skus, currency__in=currencies)
    prices = {(sku, currency): amount for sku, currency, amount in listed.values_list("sku", "currency", "amount")}
    return {
        (pk, currency): Good(pk, code, name, tax_class, prices.get((pk, currency), ZERO))
        for pk, code, name, tax_class in known
        for currency in currencies
    }
