"""A priced delivery of a subscription, and which one was priced."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from customers.models import Address
from ordermgmt.money import ZERO, tax_in
from orders.billing_states import TaxTreatment
from orders.models import PlanVersion
from orders.price_book import Good

BOX, EXTRA, ONCE = "box", "extra", "once"


class Item(NamedTuple):
    """Sent with one delivery only. `replaces` is the line of the subscription left out for it."""

    sku_id: int
    quantity: int
    unit_price: Decimal
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """Which delivery is priced, or how many that are paid together. `is_paid`: in advance; `is_first`: the first that is billed (set-up fee);
    `charges_before` counts charges that use up a promotion before this one; `to` is where it goes when not as usual."""

    leaves_on: date
    version: PlanVersion
    items: Sequence[Item] = ()
    deliveries: int = 1
    is_free: bool = False
    is_paid: bool = False
    is_first: bool = False
    charges_before: int = 0
    adopts_contents: bool = False
    to: Address | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the order to be. `full` is before the discount; all with tax."""

    good: Good
    quantity: int
    kind: str
    full: Decimal
    discount: Decimal = ZERO
    rate: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.full - self.discount

    def less(self, amount: Decimal, currency: str) -> "Part":
        """With so much more discount."""
        return replace(self, discount=self.discount + amount, tax=tax_in(self.total - amount, self.rate, currency))


@dataclass(frozen=True, slots=True)
class PricedDelivery:
    """`box` is the plan's (or agreed) price, `surcharges` what swaps add; `delivery` and `set_up_fee` are charges."""

    currency: str
    parts: tuple[Part, ...]
    box: Decimal
    surcharges: Decimal = ZERO
    delivery: Decimal = ZERO
    delivery_discount: Decimal = ZERO
    set_up_fee: Decimal = ZERO
    charge_rate: Decimal = ZERO
    is_agreed: bool = False
    is_announced: bool = False
    codes: tuple[str, ...] = ()
    is_free: bool = False
    is_paid: bool = False
    treatment: str = TaxTreatment.STANDARD

    @property
    def code(self) -> str:
        """The promotion codes that gave the discount, in words."""
        return ", ".join(self.codes)

    @property
    def discount(self) -> Decimal:
        return sum((part.discount for part in self.parts), self.delivery_discount)

    @property
    def charges(self) -> Decimal:
        return self.delivery - self.delivery_discount + self.set_up_fee

    @property
    def total(self) -> Decimal:
        return sum((part.total for part in self.parts), self.charges)

    @property
    def tax(self) -> Decimal:
        own = (self.delivery - self.delivery_discount, self.set_up_fee)
        extra = sum((tax_in(amount, self.charge_rate, self.currency) for amount in own), ZERO)
        return sum((part.tax for part in self.parts), extra)

    @property
    def net(self) -> Decimal:
        return self.total - self.tax

    @property
    def recurring_net(self) -> Decimal:
        """Without tax, delivery and what is sent once: the base of monthly revenue."""
        return sum((part.total - part.tax for part in self.parts if part.kind != ONCE), ZERO)
