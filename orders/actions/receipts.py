"""Money by bank or cash: written down once, spread over open invoices (oldest first or as told), the rest on account."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import ZERO, round_money
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from orders.actions.accounts import ACCOUNT, balance_of
from orders.actions.settling import spread
from orders.actions.taking_money import take_money
from orders.invoice_mails import receipt_message
from orders.models import AccountEntry, Invoice, Order, Payment, Receipt
from orders.states import InvoiceStatus


class ReceiptRefused(Exception):
    """The money cannot be written down or used so; the sentence says why."""


@retries_conflicts
@transaction.atomic(durable=True)
def record_receipt(
    customer: Customer,
    *,
    amount: Decimal,
    currency: str,
    provider: str,
    effect_key: str,
    received_on: date,
    by: User | str,
    now: datetime,
    reference: str = "",
    told: Mapping[int, Decimal] | None = None,
) -> Receipt:
    """Write down money of a customer, once per effect key. `told`: how much for which invoice id; else oldest first.

    What no invoice takes is account credit. Raises ReceiptRefused.
    """
    invoices = lock_open_invoices(customer, currency, [*(told or {})])
    if existing := Receipt.objects.filter(effect_key=effect_key).first():
        return existing
    amount = round_money(amount, currency)
    shares = shares_of(invoices, amount, told)
    receipt = Receipt.objects.create(
        number=next_number("RC"), customer=customer, amount=amount, currency=currency, provider=provider,
        reference=reference, effect_key=effect_key, received_on=received_on, at=now, by=str(by),
    )  # fmt: skip
    for invoice, share in shares:
        _use(receipt, invoice, share, by=by, now=now)
    _rest_on_account(receipt, amount - sum((share for _invoice, share in shares), ZERO), by=by, now=now)
    _tell(receipt, shares, by=by, now=now)
    receipt_message(receipt, now=now)
    return receipt


def lock_open_invoices(customer: Customer, currency: str, ids: Sequence[int] = ()) -> list[Invoice]:
    """Inside the caller's transaction: a customer's unpaid invoices, oldest first, locked with their orders.

    Orders before invoices before the customer, each by primary key: closes the race with a payment of one of them.
    """
    rows = Invoice.objects.filter(customer=customer, currency=currency, status=InvoiceStatus.OPEN)
    rows = rows.filter(pk__in=ids) if ids else rows
    orders = {order.pk: order for order in Order.objects.locked().filter(invoices__in=rows.values("pk"))}
    found = list(rows.select_for_update(of=("self",)).order_by("pk"))
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    for row in found:
        if row.order_id in orders:
            row.order = orders[row.order_id]
    return sorted(found, key=lambda row: (row.due_on, row.issued_at, row.pk))


def shares_of(
    invoices: Sequence[Invoice], amount: Decimal, told: Mapping[int, Decimal] | None
) -> list[tuple[Invoice, Decimal]]:
    """How money is spread over open invoices; also what a page shows before it is done. Raises ReceiptRefused."""
    if amount <= 0:
        raise ReceiptRefused(_("The amount must be more than 0."))
    if not told:
        shares = spread(amount, [row.balance for row in invoices])
        return [(row, share) for row, share in zip(invoices, shares, strict=True) if share]
    wanted = {pk: share for pk, share in told.items() if share}
    by_pk = {row.pk: row for row in invoices}
    for pk, share in wanted.items():
        if pk not in by_pk or not 0 < share <= by_pk[pk].balance:
            name = by_pk[pk].number if pk in by_pk else _("An invoice")
            raise ReceiptRefused(_("%(number)s: not more than what is open on it.") % {"number": name})
    if sum(wanted.values()) > amount:
        raise ReceiptRefused(_("More is spread than came in."))
    return [(by_pk[pk], share) for pk, share in wanted.items()]


def _use(receipt: Receipt, invoice: Invoice, share: Decimal, *, by: User | str, now: datetime) -> None:
    key = f"receipt:{receipt.number}:{invoice.number}"
    share = round_money(share, invoice.currency)
    payment = take_money(
        invoice, amount=share, provider=receipt.provider, effect_key=key, by=by, now=now, reference=receipt.reference
    )
    Payment.objects.filter(pk=payment.pk).update(receipt=receipt)


def _rest_on_account(receipt: Receipt, rest: Decimal, *, by: User | str, now: datetime) -> None:
    if rest:
        AccountEntry.objects.create(
            customer=receipt.customer,
            currency=receipt.currency,
            amount=rest,
            cause=f"receipt:{receipt.number}",
            reason=_("Left of receipt %(number)s") % {"number": receipt.number},
            at=now,
            by=str(by),
        )


def _tell(receipt: Receipt, shares: Sequence[tuple[Invoice, Decimal]], *, by: User | str, now: datetime) -> None:
    record(
        "receipt.recorded",
        "{number}: {amount} {currency} by {provider}, for {invoices}",
        subject=receipt.customer.number,
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        number=receipt.number,
        amount=str(round_money(receipt.amount, receipt.currency)),
        currency=receipt.currency,
        provider=receipt.provider,
        invoices=", ".join(row.number for row, _share in shares)[:200] or "–",
    )


@retries_conflicts
@transaction.atomic(durable=True)
def use_credit(customer: Customer, *, currency: str, by: User | str, now: datetime) -> Decimal:
    """Pay open invoices with account credit, oldest first; answers how much was used."""
    invoices = lock_open_invoices(customer, currency)
    left = balance_of(customer, currency)
    shares = spread(max(left, ZERO), [row.balance for row in invoices])
    for row, share in zip(invoices, shares, strict=True):
        if share:
            _from_account(row, share, by=by, now=now)
    return sum(shares, ZERO)


def _from_account(invoice: Invoice, amount: Decimal, *, by: User | str, now: datetime) -> None:
    count = Payment.objects.filter(provider=ACCOUNT, effect_key__startswith=f"account:{invoice.number}:").count()
    key = f"account:{invoice.number}:{count + 1}"
    amount = round_money(amount, invoice.currency)
    payment = take_money(
        invoice, amount=amount, provider=ACCOUNT, effect_key=key, by=by, now=now, reference=invoice.number
    )
    AccountEntry.objects.create(
        customer_id=cast(int, invoice.customer_id),  # only a customer has an account
        currency=invoice.currency,
        amount=-amount,
        cause=key,
        reason=_("Used for invoice %(number)s") % {"number": invoice.number},
        payment=payment,
        at=now,
        by=str(by),
    )
