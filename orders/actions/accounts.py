"""Account credit: what a customer has with us, per currency, and using it for invoices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from customers.models import Customer
from ordermgmt.models import User
from ordermgmt.money import exact
from orders.models import AccountEntry, Invoice, Payment
from orders.states import PaymentKind

# The provider of payments that move money between an invoice and the account.
ACCOUNT = "account"
Wallet = tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class Use:
    """Account credit that pays an invoice; `number` counts the uses for one invoice."""

    invoice: Invoice
    amount: Decimal
    number: int = 1


def balance_of(customer: Customer, currency: str) -> Decimal:
    """The credit a customer has in a currency."""
    rows = AccountEntry.objects.filter(customer=customer, currency=currency)
    return exact(rows.aggregate(sum=Sum("amount"))["sum"])


def lock_wallets(customer_ids: Iterable[int]) -> dict[Wallet, Decimal]:
    """Inside the caller's transaction: the credit of those customers who have some, locked until commit.

    Closes the race of two invoices using the same credit. Customers are locked after orders and stock and before
    number series, by primary key. The statements do not grow with the customers.
    """
    ids = set(customer_ids)
    rich = {wallet[0] for wallet in _wallets(ids)}
    if not rich:
        return {}
    list(Customer.objects.select_for_update(of=("self",)).filter(pk__in=rich).order_by("pk").values_list("pk"))
    return _wallets(rich)


def _wallets(customer_ids: Iterable[int]) -> dict[Wallet, Decimal]:
    rows = AccountEntry.objects.filter(customer__in=customer_ids).values_list("customer_id", "currency")
    sums = {(pk, currency): exact(sum_) for pk, currency, sum_ in rows.annotate(sum=Sum("amount")).order_by()}
    return {wallet: sum_ for wallet, sum_ in sums.items() if sum_ > 0}


def write_uses(uses: Sequence[Use], *, by: User | str | None, now: datetime) -> None:
    """Inside the caller's transaction (wallets locked): write the payments and what the accounts lose by them."""
    if not uses:
        return
    payments = [_payment(use, now) for use in uses]
    Payment.objects.bulk_create(payments)
    AccountEntry.objects.bulk_create(
        [_entry(use, payment, by, now) for use, payment in zip(uses, payments, strict=True)]
    )


def _payment(use: Use, now: datetime) -> Payment:
    invoice = use.invoice
    return Payment(
        order_id=invoice.order_id,
        invoice=None if invoice.order_id else invoice,
        kind=PaymentKind.CAPTURE,
        amount=use.amount,
        currency=invoice.currency,
        provider=ACCOUNT,
        reference=invoice.number,
        effect_key=f"account:{invoice.number}:{use.number}",
        at=now,
    )


def _entry(use: Use, payment: Payment, by: User | str | None, now: datetime) -> AccountEntry:
    invoice = use.invoice
    return AccountEntry(
        customer_id=invoice.customer_id,  # type: ignore[misc]  # nobody's is refused by the database
        currency=invoice.currency,
        amount=-use.amount,
        cause=payment.effect_key,
        reason=_("Used for invoice %(number)s") % {"number": invoice.number},
        payment=payment,
        at=now,
        by=str(by or "System"),
    )
