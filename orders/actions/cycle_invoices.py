"""Invoices of renewals, a chunk at a time: deliveries with their order, and deliveries paid in advance without one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from ordermgmt.models import User
from ordermgmt.money import ZERO
from orders.actions.accounts import Use, Wallet, lock_wallets, write_uses
from orders.actions.invoicing import known_party, ordered_rows
from orders.actions.posting import BillRow, Draft, post
from orders.actions.progress import settle
from orders.billing_states import TaxTreatment
from orders.invoice_sums import Amounts
from orders.models import Invoice, Order, OrderCharge, OrderLine, Subscription


@dataclass(frozen=True, kw_only=True)
class BillItem:
    """Something billed that is no line of an order: deliveries in advance, a set-up fee, a proration.

    `cause` is unique for ever; one that starts with `charge:` stands below the lines. Amounts may be negative.
    `over` (first day, day after the last): a service that is earned day by day.
    """

    cause: str
    description: str
    net: Decimal
    tax: Decimal
    tax_rate: Decimal
    quantity: int = 1
    code: str = ""
    over: tuple[date, date] | None = None


@dataclass(frozen=True, kw_only=True)
class CycleBill:
    """What one charge of a subscription bills. The caller has loaded `subscription.customer`.

    With an order: its saved lines (with their sku) and charges, linked so that dispatch bills nothing again.
    Addresses are postal facts (`as_postal()`); `due_on` empty means the subscription's days to pay; an
    order's `tax_treatment` is taken from the order; `deliveries` is how many are paid in advance.
    """

    subscription: Subscription
    cause: str
    bill_to: Mapping[str, str]
    deliver_to: Mapping[str, str]
    order: Order | None = None
    lines: Sequence[OrderLine] = ()
    charges: Sequence[OrderCharge] = ()
    items: Sequence[BillItem] = ()
    due_on: date | None = None
    deliveries: int = 1
    tax_treatment: str = TaxTreatment.STANDARD


def issue_cycle_invoices(bills: Sequence[CycleBill], *, now: datetime, by: User | str | None) -> list[Invoice]:
    """Inside the caller's transaction (subscriptions and orders locked or new): invoice every bill, in their order.

    A cause that has its invoice answers with that one. Account credit is used at once, in the order of computing of
    W66: lines, discounts, tax, then credit. The statements do not grow with the bills; the series is locked last.
    Raises DoesNotAddUp. A bill over nothing is the caller's not to send.
    """
    there = {row.cause: row for row in Invoice.objects.filter(cause__in=[bill.cause for bill in bills])}
    drafts = [_draft(bill) for bill in bills if bill.cause not in there]
    paid = _paid_by_credit(drafts)
    made = post([replace(draft, paid=paid[draft.cause]) for draft in drafts], now=now, by=by)
    used = [row for row in made if row.paid]
    write_uses([Use(invoice=row, amount=row.paid) for row in used], by=by, now=now)
    settle([row.order for row in used if row.order], now=now)
    there |= {row.cause: row for row in made}
    return [there[bill.cause] for bill in bills]


def _draft(bill: CycleBill) -> Draft:
    subscription = bill.subscription
    known = known_party(subscription.customer) | {"email": subscription.customer.email}
    return Draft(
        cause=bill.cause,
        currency=subscription.currency,
        tax_treatment=bill.order.tax_treatment if bill.order else bill.tax_treatment,
        rows=_rows(bill),
        order=bill.order,
        subscription=subscription,
        customer_id=subscription.customer_id,
        buyer={**bill.bill_to, **known},
        deliver_to={**bill.deliver_to, **known},
        due_on=bill.due_on,
        payment_days=subscription.payment_days,
        deliveries=bill.deliveries,
    )


def _rows(bill: CycleBill) -> list[BillRow]:
    """What costs something of its order, then what is no line of one."""
    rows: list[BillRow] = []
    if bill.order is not None:
        rows = ordered_rows(bill.order, bill.lines, bill.charges)
    return [*rows, *(_item_row(item) for item in bill.items)]


def _item_row(item: BillItem) -> BillRow:
    return BillRow(
        cause=item.cause,
        description=item.description,
        code=item.code,
        quantity=item.quantity,
        tax_rate=item.tax_rate,
        over=item.over,
        amounts=Amounts(net=item.net, tax=item.tax),
    )


def _paid_by_credit(drafts: Sequence[Draft]) -> dict[str, Decimal]:
    """By cause: what the customer's credit pays, the first bill served first."""
    wallets: dict[Wallet, Decimal] = lock_wallets(draft.customer_id for draft in drafts if draft.customer_id)
    shares = {}
    for draft in drafts:
        wallet = (draft.customer_id or 0, draft.currency)
        shares[draft.cause] = max(ZERO, min(draft.gross, wallets.get(wallet, ZERO)))
        if wallet in wallets:
            wallets[wallet] -= shares[draft.cause]
    return shares
