"""The rows of an order that is taken in: built from its draft and what was decided, unsaved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Model
from django.utils.translation import gettext_noop

from ordermgmt.history import activity
from ordermgmt.models import Activity, OutgoingMessage, User
from ordermgmt.roles import Role
from orders.checks import check_promise, check_stock
from orders.drafts import DraftAddress, OrderDraft
from orders.emails import ASKS_CUSTOMER, confirmation, first_hold_message, link_url
from orders.models import (
    Allocation,
    Hold,
    Order,
    OrderAddress,
    OrderCharge,
    OrderLine,
    OrderLink,
    Payment,
    SourcingDecision,
)
from orders.models.orders import AddressKind
from orders.network import Destination, Network
from orders.promising import Promise
from orders.sourcing import Need, Sourcing
from orders.states import HoldCode, LineKind, OrderStatus, PaymentKind, Stage
from orders.statuses import fulfilment_status, paid, payment_status

# An order that cannot be sent as it is keeps no stock from others while it is held.
GIVES_NO_STOCK = frozenset({HoldCode.UNDELIVERABLE, HoldCode.CUSTOMER, HoldCode.QUANTITY})
OWNERS = {HoldCode.PAYMENT: Role.FINANCE, HoldCode.RISK: Role.FINANCE, HoldCode.CUSTOMER: Role.FINANCE}


@dataclass(frozen=True)
class Prepared:
    """All that is known before a lock is taken."""

    draft: OrderDraft
    lines: list[OrderLine]
    network: Network
    to: Destination
    now: datetime
    into: Order | None = None
    # Units kept back for it while it was written, by warehouse and SKU; free for it alone.
    kept: Mapping[tuple[int, int], int] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[Need, ...]:
        """Units to be promised, keyed by the position of their line."""
        rows = (row for row in self.lines if row.is_stocked and row.sku_id)
        live = ((row, row.ordered - row.cancelled) for row in rows)
        return tuple(Need(row.position, row.sku_id or 0, units) for row, units in live if units)

    @property
    def takes_stock(self) -> bool:
        return not any(finding.hold_code in GIVES_NO_STOCK for finding in self.draft.errors)

    @property
    def relevant(self) -> tuple[list[int], list[int]]:
        """Warehouses that serve the address, and SKUs to promise."""
        if not self.takes_stock:
            return [], []
        places = {zone.warehouse_id for zone in self.network.serving(self.to)}
        return sorted(places), sorted({need.sku_id for need in self.needs})


@dataclass(frozen=True)
class Decided:
    """What an order is given; `missing` units nobody has."""

    sourcing: Sourcing
    promise: Promise | None
    missing: int


def missing_units(lines: Sequence[OrderLine], sourcing: Sourcing) -> int:
    """Units of the lines that nobody has."""
    wanted = sum(row.ordered - row.cancelled for row in lines if row.is_stocked)
    return wanted - sum(part.units for part in sourcing.parts)


class NewOrder(NamedTuple):
    """An unsaved order with the rows that may need keys before it is written; a bundle's parts apart."""

    order: Order
    lines: list[OrderLine]
    parts: list[OrderLine]
    payments: list[Payment]

    @property
    def all_lines(self) -> list[OrderLine]:
        return sorted([*self.lines, *self.parts], key=lambda row: row.position)


def begin(prepared: Prepared, decided: Decided) -> NewOrder:
    """The order, its lines and its money; keys and number are given before `finish`."""
    order = _order(prepared, decided)
    lines = _cover(prepared.lines, decided.sourcing)
    payments = _payments(order, prepared)
    _set_statuses(order, lines, payments)
    return NewOrder(order, *_renewed(lines, order), payments)


def finish(new: NewOrder, prepared: Prepared, decided: Decided, *, by: User | str) -> list[Sequence[Model]]:
    """All other rows of a numbered order, each group of one model: order, lines and payments first."""
    order = new.order
    link = OrderLink.objects.fresh(order, now=prepared.now)
    own: list[Order] = [] if prepared.into is not None else [order]
    groups: list[Sequence[Model]] = [own, new.lines, new.parts]
    groups += [*_addresses_and_charges(order, prepared.draft), new.payments, _holds(order, prepared, by), [link]]
    groups += [_messages(order, prepared, new.all_lines, link.token), [_activity(order, prepared, decided, by)]]
    return [*groups, *_promised(order, new.all_lines, decided, prepared.now)]


def _renewed(lines: list[OrderLine], order: Order) -> tuple[list[OrderLine], list[OrderLine]]:
    """Lines of this order that have no key, also when they had one before; bundles' parts apart."""
    for row in lines:
        row.order, row.pk = order, None
    parts = [row for row in lines if row.kind == LineKind.COMPONENT]
    for row in parts:
        row.bundle = row.bundle
    return [row for row in lines if row.kind != LineKind.COMPONENT], parts


def _order(prepared: Prepared, decided: Decided) -> Order:
    draft, now, made = prepared.draft, prepared.now, decided.promise
    totals = draft.totals
    to = draft.shipping or DraftAddress()
    return Order(
        channel_id=draft.channel_id,
        external_number=draft.external_number,
        customer_id=draft.customer_id,
        status=OrderStatus.ACCEPTED,
        currency=draft.currency,
        prices_include_tax=draft.prices_include_tax,
        tax_treatment=draft.tax_treatment,
        items_total=totals.items,
        discount_total=totals.discount,
        shipping_total=totals.shipping,
        charges_total=totals.charges,
        tax_total=totals.tax,
        total=totals.total,
        email=draft.email,
        phone=draft.phone,
        recipient=to.name or to.company,
        ship_city=to.city,
        ship_postcode=to.postcode,
        ship_country=to.country,
        language=draft.language,
        priority=draft.priority,
        shipping_method=draft.shipping_method,
        is_gift=draft.is_gift,
        gift_message=draft.gift_message,
        is_test=draft.is_test,
        is_renewal=draft.is_renewal,
        ships_in_parts=draft.ships_in_parts,
        replaces_id=draft.replaces_id,
        replaced_because=draft.replaced_because,
        note=draft.note,
        tags=list(draft.tags),
        requested_delivery_on=draft.requested_delivery_on,
        ship_from_id=next(iter(decided.sourcing.warehouse_ids), None),
        first_promised_ship_on=made.ship_on if made else None,
        first_promised_delivery_on=made.delivery_on if made else None,
        promised_ship_on=made.ship_on if made else None,
        promised_delivery_on=made.delivery_on if made else None,
        placed_at=draft.placed_at,
        accepted_at=now,
    )


def _cover(lines: list[OrderLine], sourcing: Sourcing) -> list[OrderLine]:
    """Set what is promised of each line and what waits."""
    promised: dict[int, int] = {}
    for part in sourcing.parts:
        promised[part.line] = promised.get(part.line, 0) + part.units
    for row in lines:
        if row.is_stocked:
            row.promised = promised.get(row.position, 0)
            row.backordered = row.ordered - row.cancelled - row.promised
    return lines


def _payments(order: Order, prepared: Prepared) -> list[Payment]:
    return [
        Payment(
            order=order,
            kind=payment.kind,
            state=payment.state,
            amount=payment.amount,
            currency=prepared.draft.currency,
            provider=payment.provider,
            reference=payment.reference,
            effect_key=payment.effect_key,
            at=payment.at or prepared.draft.placed_at,
        )
        for payment in prepared.draft.payments
    ]


def _set_statuses(order: Order, lines: list[OrderLine], payments: list[Payment]) -> None:
    money = paid(payments)
    order.paid_total, order.refunded_total = money.captured, money.refunded
    order.payment_status = payment_status(money, total=order.total)
    order.fulfilment_status = fulfilment_status(lines, all_arrived=False)
    order.units = sum(row.ordered - row.cancelled for row in lines if row.is_stocked)


def _addresses_and_charges(order: Order, draft: OrderDraft) -> tuple[list[OrderAddress], list[OrderCharge]]:
    kinds = ((AddressKind.SHIPPING, draft.shipping), (AddressKind.BILLING, draft.billing))
    addresses = [OrderAddress(order=order, kind=kind, **_postal(address)) for kind, address in kinds if address]
    charges = [
        OrderCharge(
            order=order,
            kind=charge.kind,
            title=charge.title[:200],
            amount=charge.amount,
            discount=charge.discount,
            tax_rate=charge.tax_rate,
            tax=charge.tax,
            tax_lines=[dict(tax) for tax in charge.tax_lines],
        )
        for charge in draft.charges
    ]
    return addresses, charges


def _postal(address: DraftAddress) -> dict[str, str]:
    return {name: getattr(address, name) for name in OrderAddress.POSTAL_NAMES}


def _holds(order: Order, prepared: Prepared, by: User | str) -> list[Hold]:
    """One hold for each kind of error found; its words are all that was found."""
    words: dict[str, list[str]] = {}
    for finding in prepared.draft.errors:
        words.setdefault(finding.hold_code, []).append(finding.message)
    return [
        Hold(
            order=order,
            code=code,
            source="capture",
            handle=code,
            reason=" ".join(found)[:300],
            note="\n".join(found) if len(found) > 1 else "",
            keeps_stock=code not in GIVES_NO_STOCK,
            blocks=",".join(stage for stage in Stage.values if stage != Stage.ALLOCATE or code in GIVES_NO_STOCK),
            owner_role=OWNERS.get(HoldCode(code), Role.SUPPORT),
            opened_at=prepared.now,
            opened_by=str(by),
        )
        for code, found in words.items()
    ]


def _messages(order: Order, prepared: Prepared, lines: list[OrderLine], token: str) -> list[OutgoingMessage]:
    if not prepared.draft.tells_customer:
        return []
    address = OrderAddress(**_postal(prepared.draft.shipping)).one_line if prepared.draft.shipping else ""
    asked = next((f.hold_code for f in prepared.draft.errors if f.hold_code in ASKS_CUSTOMER), "")
    payers = [p.provider for p in prepared.draft.payments if p.kind != PaymentKind.REFUND]
    confirmed = confirmation(
        order,
        lines,
        to_address=address,
        token=token,
        paid_by=payers[0] if payers else "",
        needs_address=bool(asked),
        now=prepared.now,
    )
    if not asked:
        return [confirmed]
    question = first_hold_message(order, code=asked, address=address, url=link_url(token), now=prepared.now)
    return [confirmed, question]


def _activity(order: Order, prepared: Prepared, decided: Decided, by: User | str) -> Activity:
    missing = decided.missing
    one, many = (
        gettext_noop("Placed: 1 unit, {total} {currency}"),
        gettext_noop("Placed: {units} units, {total} {currency}"),
    )
    sentence = one if order.units == 1 else many
    late = check_promise(order.requested_delivery_on, order.promised_delivery_on)
    found = [finding.as_dict() for finding in (*prepared.draft.findings, *check_stock(missing), *late)]
    return activity(
        "order.placed",
        sentence,
        subject=order.number,
        by=by,
        now=prepared.now,
        units=order.units,
        total=str(order.total),
        currency=order.currency,
        promised=order.promised_delivery_on.isoformat() if order.promised_delivery_on else None,
        findings=found,
    )


def _promised(
    order: Order, lines: list[OrderLine], decided: Decided, now: datetime
) -> tuple[list[Allocation], list[SourcingDecision]]:
    parts = decided.sourcing.parts
    if not parts:
        return [], []
    by_position = {row.position: row for row in lines}
    allocations = [
        Allocation(
            line=by_position[part.line],
            warehouse_id=part.warehouse_id,
            sku_id=part.sku_id,
            quantity=part.units,
            created_at=now,
        )
        for part in parts
    ]
    return allocations, [SourcingDecision(order=order, at=now, explanation=dict(decided.sourcing.explanation))]
