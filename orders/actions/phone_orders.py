"""Orders entered by staff: placed once per form, kept as drafts, discarded and brought back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.actions.addresses import add
from customers.actions.customers import register
from customers.models import Customer
from inventory.actions.reserving import release, reserved_for
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.numbering import next_number
from ordermgmt.retrying import retries_conflicts
from orders.actions.billing_ahead import charge_card, send_link
from orders.actions.placing import place
from orders.drafts import DraftAddress, OrderDraft
from orders.in_work import CARD, LINK
from orders.models import Channel, Order, OrderInWork
from orders.states import ChannelKind, OrderStatus

PHONE = "phone"
ASKING = {CARD: charge_card, LINK: send_link}


class PlacedAlready(Exception):
    """This form has become an order before."""

    def __init__(self, order: Order) -> None:
        super().__init__(_("This was placed already as %(number)s.") % {"number": order.number})
        self.order = order


class NotADraft(Exception):
    """Only drafts are discarded; the sentence says what it is instead."""


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What one form says: its token, what was typed, the priced draft, and what is to be written about the customer.

    `pay` says how money is asked for. `newcomer` are facts of a customer to be registered, `new_address` an address to be kept with the customer.
    """

    token: str
    state: Mapping[str, Any]
    draft: OrderDraft
    pay: str = ""
    newcomer: Mapping[str, str] | None = None
    new_address: Mapping[str, str] | None = None


def phone_channel() -> Channel:
    """The channel of orders entered by staff, made at its first use."""
    facts = {"name": _("Phone"), "kind": ChannelKind.FORM, "checks_prices": True}
    return Channel.objects.get_or_create(code=PHONE, defaults=facts)[0]


@retries_conflicts
@transaction.atomic(durable=True)
def place_phone_order(entered: Entered, *, by: User | str, now: datetime) -> Order:
    """Place what was entered, once per form: the same form again gives the same order.

    Raises DraftRefused, CustomerRefused and AddressRefused, and PlacedAlready with the order.
    """
    work = _claim(entered, by=by, now=now)
    into = _saved(work)
    kept = reserved_for(entered.token)
    release(entered.token)
    customer_id = _customer(entered, by=by, now=now)
    order = place(replace(entered.draft, customer_id=customer_id), by=by, now=now, into=into, kept=kept)
    work.order, work.number, work.placed_at, work.discarded_at = order, order.number, now, None
    work.save()
    if ask := ASKING.get(entered.pay):
        ask(order, by=by, now=now)
    return order


def _claim(entered: Entered, *, by: User | str, now: datetime) -> OrderInWork:
    """Inside the caller's transaction: the row of this form, locked. Raises PlacedAlready."""
    row = OrderInWork(token=entered.token, by=str(by), started_at=now)
    # Closes the race of a double click: the second insert waits for the first one's commit.
    OrderInWork.objects.bulk_create([row], ignore_conflicts=True)
    work = OrderInWork.objects.select_for_update(of=("self",)).get(token=entered.token)
    if work.placed_at and work.order:
        raise PlacedAlready(work.order)
    work.state = dict(entered.state)
    return work


def _saved(work: OrderInWork) -> Order | None:
    """Inside the caller's transaction: the draft of a form, locked; one that was cancelled meanwhile stays so."""
    order = Order.objects.locked().filter(pk=work.order_id).first() if work.order_id else None
    if order is None or order.current_status == OrderStatus.DRAFT:
        return order
    work.number = ""
    return None


def _customer(entered: Entered, *, by: User | str, now: datetime) -> int | None:
    """Inside the caller's transaction: the customer's id, with what is new about them written down."""
    customer_id = entered.draft.customer_id
    if entered.newcomer is not None:
        country = (entered.new_address or {}).get("country", "")
        customer = register(entered.newcomer, country=country, by=by, now=now)
    elif entered.new_address is not None and customer_id:
        customer = Customer.objects.get(pk=customer_id)
    else:
        return customer_id
    if entered.new_address is not None:
        add(customer, entered.new_address, now=now, is_default=entered.newcomer is not None)
    return customer.pk


@retries_conflicts
@transaction.atomic(durable=True)
def save_draft(entered: Entered, *, by: User | str, now: datetime) -> Order:
    """Keep what was entered as a draft that lists show, promising nothing; a discarded one comes back.

    Raises PlacedAlready.
    """
    work = _claim(entered, by=by, now=now)
    order = _saved(work) or Order(status=OrderStatus.DRAFT)
    order.number = order.number or work.number or next_number("SO")
    for name, value in _summary(entered.draft, now).items():
        setattr(order, name, value)
    order.save()
    work.order, work.number, work.saved_at, work.discarded_at = order, order.number, now, None
    work.save()
    record("order.draft_saved", gettext_noop("Draft saved"), subject=order.number, by=by, now=now)
    return order


def _summary(draft: OrderDraft, now: datetime) -> dict[str, Any]:
    """What lists show of a draft."""
    totals, to = draft.totals, draft.shipping or DraftAddress()
    return {
        "channel_id": draft.channel_id,
        "customer_id": draft.customer_id,
        "currency": draft.currency,
        "items_total": totals.items,
        "shipping_total": totals.shipping,
        "tax_total": totals.tax,
        "total": totals.total,
        "email": draft.email[:254],
        "phone": draft.phone[:40],
        "recipient": (to.name or to.company)[:120],
        "ship_city": to.city[:120],
        "ship_postcode": to.postcode[:20],
        "ship_country": to.country[:2],
        "units": sum(line.quantity for line in draft.lines),
        "note": draft.note,
        "placed_at": now,
    }


@transaction.atomic(durable=True)
def discard_draft(order_id: int, *, by: User | str, now: datetime) -> OrderInWork:
    """Take a draft from the lists; what was typed is kept, so that `save_draft` brings it back. Raises NotADraft."""
    # Closes the race with somebody who places it at this moment.
    work = OrderInWork.objects.select_for_update(of=("self",)).get(order=order_id)
    order = Order.objects.locked().get(pk=order_id)
    if order.current_status != OrderStatus.DRAFT:
        raise NotADraft(_("%(number)s was placed meanwhile. Cancel it instead.") % {"number": order.number})
    work.order, work.discarded_at = None, now
    work.save()
    release(work.token)
    order.delete()
    record("order.draft_discarded", gettext_noop("Draft discarded"), subject=work.number, by=by, now=now)
    return work
