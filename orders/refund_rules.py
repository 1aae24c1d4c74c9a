"""How much of a refund is account credit and how much is money. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy

from ordermgmt.money import ZERO


class RefundOrder(models.TextChoices):
    """What comes first where an invoice was paid with account credit and with money (Recurly's choices)."""

    MONEY_FIRST = "money_first", gettext_lazy("Money first, then account credit")
    CREDIT_FIRST = "credit_first", gettext_lazy("Account credit first, then money")
    ALL_MONEY = "all_money", gettext_lazy("Only money")
    ALL_CREDIT = "all_credit", gettext_lazy("All as account credit")


@dataclass(frozen=True)
class Split:
    """How much goes back as account credit, how much as money, and what can go in neither way."""

    credit: Decimal
    money: Decimal
    left: Decimal


def split_refund(amount: Decimal, *, by_credit: Decimal, by_money: Decimal, order: str) -> Split:
    """`by_credit` and `by_money`: how the invoice was paid, less what has gone back already. Pure."""
    if order == RefundOrder.ALL_CREDIT:
        credit = min(amount, by_credit + by_money)
        return Split(credit, ZERO, amount - credit)
    if order == RefundOrder.ALL_MONEY:
        money = min(amount, by_money)
        return Split(ZERO, money, amount - money)
    if order == RefundOrder.CREDIT_FIRST:
        credit = min(amount, by_credit)
        money = min(amount - credit, by_money)
    else:
        money = min(amount, by_money)
        credit = min(amount - money, by_credit)
    return Split(credit, money, amount - credit - money)
