"""The statuses of an order, derived from its rows. Pure; the books check proves the stored ones equal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ordermgmt.money import ZERO
from orders.states import FulfilmentStatus, PaymentKind, PaymentState, PaymentStatus


class Units(Protocol):
    ordered: int
    cancelled: int
    backordered: int
    promised: int
    allocated: int
    picked: int
    packed: int
    shipped: int
    returned: int

    @property
    def is_stocked(self) -> bool: ...


class Money(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def amount(self) -> Decimal: ...

    @property
    def provider(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Paid:
    authorised: Decimal
    captured: Decimal
    refunded: Decimal


def fulfilment_status(lines: Sequence[Units], *, all_arrived: bool) -> FulfilmentStatus:
    """`all_arrived`: every parcel that left was delivered."""
    stocked = [line for line in lines if line.is_stocked]
    live = sum(line.ordered - line.cancelled for line in stocked)
    shipped = sum(line.shipped for line in stocked)
    returned = sum(line.returned for line in stocked)
    if returned:
        return FulfilmentStatus.RETURNED if returned == shipped == live else FulfilmentStatus.PART_RETURNED
    if shipped:
        return _gone(shipped == live, all_arrived)
    if not live:
        return _unshipped(lines)
    return _still_here(stocked)


def _unshipped(lines: Sequence[Units]) -> FulfilmentStatus:
    """Nothing is to be shipped: what else was ordered (a gift card) is with the customer already."""
    is_there = any(line.ordered > line.cancelled for line in lines if not line.is_stocked)
    return FulfilmentStatus.DELIVERED if is_there else FulfilmentStatus.UNFULFILLED


def _gone(is_all: bool, all_arrived: bool) -> FulfilmentStatus:
    if not is_all:
        return FulfilmentStatus.PART_SHIPPED
    return FulfilmentStatus.DELIVERED if all_arrived else FulfilmentStatus.SHIPPED


def _still_here(stocked: Sequence[Units]) -> FulfilmentStatus:
    if any(line.allocated or line.picked or line.packed for line in stocked):
        return FulfilmentStatus.IN_PROGRESS
    if any(line.backordered for line in stocked):
        return FulfilmentStatus.WAITING
    return FulfilmentStatus.UNFULFILLED


def paid(payments: Iterable[Money]) -> Paid:
    done = [payment for payment in payments if payment.state == PaymentState.SUCCEEDED]
    sums = {kind: sum((p.amount for p in done if p.kind == kind), ZERO) for kind in PaymentKind.values}
    return Paid(sums[PaymentKind.AUTHORISATION], sums[PaymentKind.CAPTURE], sums[PaymentKind.REFUND])


def covered(payments: Iterable[Money]) -> Decimal:
    """What has come or is set aside; by provider, for a capture uses up its authorisation."""
    by_provider: dict[str, list[Money]] = defaultdict(list)
    for payment in payments:
        by_provider[payment.provider].append(payment)
    sums = map(paid, by_provider.values())
    return sum((max(money.authorised, money.captured) for money in sums), ZERO)


def payment_status(money: Paid, *, total: Decimal, is_overdue: bool = False) -> PaymentStatus:
    """`is_overdue`: an open invoice is past its due date."""
    if money.refunded:
        return PaymentStatus.REFUNDED if money.refunded >= money.captured else PaymentStatus.PART_REFUNDED
    if money.captured >= total:
        return PaymentStatus.PAID
    if is_overdue:
        return PaymentStatus.OVERDUE
    if money.captured:
        return PaymentStatus.PART_PAID
    return PaymentStatus.AUTHORISED if money.authorised >= total else PaymentStatus.UNPAID
