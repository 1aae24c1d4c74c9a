"""A delivery to come, as it is shown: days, state, money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ordermgmt.money import ZERO
from orders.models import PlanVersion
from orders.periods import Dates
from orders.priced import ONCE, PricedDelivery


@dataclass(frozen=True, slots=True)
class UpcomingInvoice:
    """One charge: cycle `number` for `deliveries`; in a trial only what is sent beside the box."""

    number: int
    deliveries: int
    starts_on: date
    ends_on: date
    charge_on: date
    amount: Decimal
    net: Decimal
    is_free: bool
    priced: PricedDelivery


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One delivery to come. `invoice` is the charge made with it (None: paid by an earlier one, or left out)."""

    number: int
    status: str
    skip_reason: str
    is_next: bool
    dates: Dates
    moved_from: date | None
    is_open: bool
    version: PlanVersion
    priced: PricedDelivery | None
    invoice: UpcomingInvoice | None

    @property
    def leaves_on(self) -> date:
        return self.dates.leaves_on

    @property
    def is_shifted(self) -> bool:
        """It leaves on another day than meant, because that one is closed."""
        return self.dates.leaves_on != (self.moved_to or self.dates.planned_on)

    @property
    def moved_to(self) -> date | None:
        return self.dates.leaves_on if self.moved_from else None

    @property
    def amount(self) -> Decimal:
        """What is charged with it: its invoice, and what is sent once beside deliveries paid in advance."""
        beside = self.priced.total if self.priced and self.priced.is_paid else ZERO
        return (self.invoice.amount if self.invoice else ZERO) + beside

    @property
    def usual_amount(self) -> Decimal:
        """As `amount`, without what is paid once: a set-up fee, items of this delivery only."""
        once = sum((part.total for part in self.priced.parts if part.kind == ONCE), ZERO) if self.priced else ZERO
        fee = self.invoice.priced.set_up_fee if self.invoice else ZERO
        return self.amount - once - fee
