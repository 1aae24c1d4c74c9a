"""What a change does, side by side: deliveries before and after, money, mails, monthly revenue."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ordermgmt.models import OutgoingMessage
from orders.billing_states import DeliveryStatus
from orders.models import Invoice, Order, Subscription
from orders.states import FulfilmentStatus, InvoiceStatus, OrderStatus
from orders.upcoming import Upcoming

ON_THE_WAY = (FulfilmentStatus.SHIPPED, FulfilmentStatus.DELIVERED)


@dataclass(frozen=True)
class Touched:
    """One delivery that becomes another: None where there is none."""

    number: int
    before: Upcoming | None
    after: Upcoming | None

    @property
    def amount_changes(self) -> bool:
        return bool(_amount(self.before) != _amount(self.after))


@dataclass(frozen=True)
class ChangePlan:
    """`orders` are open and stay as they are; `invoices` are open and stay owed; `mails` are what goes out."""

    before: Sequence[Upcoming]
    after: Sequence[Upcoming]
    touched: Sequence[Touched]
    orders: Sequence[Order]
    invoices: Sequence[Invoice]
    mails: Sequence[OutgoingMessage]
    mrr_before: Decimal
    mrr_after: Decimal
    status: str
    facts: dict[str, Any]

    @property
    def credited(self) -> Decimal:
        """What a credit note gives back at once."""
        return Decimal(self.facts.get("credited", 0))

    @property
    def charged(self) -> Decimal:
        """What an invoice of the change itself asks for."""
        return Decimal(self.facts.get("charged", 0))

    @property
    def next_after(self) -> Upcoming | None:
        return next((u for u in self.after if u.is_next), None)


def compare(
    s: Subscription,
    before: Sequence[Upcoming],
    after: Sequence[Upcoming],
    *,
    mrr_before: Decimal,
    facts: dict[str, Any],
    mails: Sequence[OutgoingMessage],
) -> ChangePlan:
    """The plan from what came before and what comes after; `s` as it is afterwards."""
    orders = Order.objects.filter(delivery__subscription=s, status=OrderStatus.ACCEPTED)
    invoices = Invoice.objects.filter(subscription=s, status=InvoiceStatus.OPEN)
    invoices = invoices.exclude(number=facts.get("billed", ""))
    return ChangePlan(
        before,
        after,
        _touched(before, after),
        list(orders.exclude(fulfilment_status__in=ON_THE_WAY).order_by("pk")),
        list(invoices.order_by("pk")),
        mails,
        mrr_before,
        s.mrr,
        s.current_status,
        facts,
    )


def _touched(before: Sequence[Upcoming], after: Sequence[Upcoming]) -> list[Touched]:
    old, new = {u.number: u for u in before}, {u.number: u for u in after}
    # What only moved beyond the edge of what is shown did not change.
    last = min(max(old, default=0), max(new, default=0)) if old and new else max([*old, *new], default=0)
    numbers = sorted(n for n in {*old, *new} if n <= last)
    pairs = [Touched(n, old.get(n), new.get(n)) for n in numbers]
    return [pair for pair in pairs if _essence(pair.before) != _essence(pair.after)]


def _amount(upcoming: Upcoming | None) -> Any:
    return upcoming.amount if upcoming and upcoming.status == DeliveryStatus.SCHEDULED else None


def _essence(upcoming: Upcoming | None) -> Any:
    if upcoming is None:
        return None
    items = tuple((part.good.code, part.quantity) for part in upcoming.priced.parts) if upcoming.priced else ()
    return (upcoming.status, upcoming.dates, upcoming.amount, items, upcoming.version.pk)
