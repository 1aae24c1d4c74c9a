"""Taking an order in: checked, promised stock and days, written whole, confirmed.

Everything that needs no lock is computed first. The first attempt writes every row with the stock as
last committed and takes the stock locks last, in one statement just before the commit. When somebody
was faster, all is undone and decided anew under the locks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_noop

from inventory.actions.holding import NotEnoughStock, lock_levels, promise
from inventory.models import StockLevel
from ordermgmt.history import activity
from ordermgmt.inserting import draw_number, insert_together
from ordermgmt.models import Activity, OutgoingMessage, User
from ordermgmt.prepared import Prepared as PreparedRead
from ordermgmt.retrying import retries_conflicts
from ordermgmt.roles import Role
from ordermgmt.states import IllegalMove
from orders.actions.finishing import finish_unshipped
from orders.checks import check_delivery, check_draft, check_promise, check_stock
from orders.drafts import DraftAddress, Finding, OrderDraft
from orders.emails import ASKS_CUSTOMER, confirmation, first_hold_message, link_url
from orders.exploding import explode
from orders.known import learn
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
from orders.network import Destination, Network, load_network
from orders.promising import Promise
from orders.queue import Waiting, fill
from orders.sourcing import Need, Sourcing, decide
from orders.states import HoldCode, LineKind, OrderStatus, PaymentKind, Stage
from orders.statuses import fulfilment_status, paid, payment_status
from orders.waiting import queue_for

# An order that cannot be sent as it is keeps no stock from others while it is held.
GIVES_NO_STOCK = frozenset({HoldCode.UNDELIVERABLE, HoldCode.CUSTOMER, HoldCode.QUANTITY})
OWNERS = {HoldCode.PAYMENT: Role.FINANCE, HoldCode.RISK: Role.FINANCE, HoldCode.CUSTOMER: Role.FINANCE}
NOTHING = Sourcing((), {}, {})


class Level(NamedTuple):
    """A stock level and its free units, as they were read."""

    pk: int
    free: int


Levels = Mapping[tuple[int, int], Level]


class DraftRefused(Exception):
    """The draft cannot become an order; `findings` say why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(" ".join(finding.message for finding in findings))
        self.findings = tuple(findings)


@retries_conflicts
def place_order(draft: OrderDraft, *, by: User | str, now: datetime) -> Order:
    """Accept a draft: order, lines with bundle parts, money, addresses, holds, stock, days, confirmation.

    What cannot be promised waits for stock. Raises DraftRefused.
    """
    prepared = prepare(draft, now=now)
    try:
        with transaction.atomic(durable=True):
            return _write(prepared, _decide(prepared, _levels(prepared)), by=by)
    except NotEnoughStock:
        with transaction.atomic(durable=True):
            return _write(prepared, _decide(prepared, _locked_levels(prepared)), by=by)


def place(draft: OrderDraft, *, by: User | str, now: datetime, into: Order | None = None) -> Order:
    """Inside the caller's transaction: as `place_order`. `into` is a saved draft (locked) that becomes the order."""
    prepared = replace(prepare(draft, now=now), into=into)
    try:
        # A savepoint, so that what was written is undone alone when the stock was taken meanwhile.
        with transaction.atomic():
            return _write(prepared, _decide(prepared, _levels(prepared)), by=by)
    except NotEnoughStock:
        return _write(prepared, _decide(prepared, _locked_levels(prepared)), by=by)


@dataclass(frozen=True)
class Preview:
    """What placing a draft now would give: days, units that wait, and everything noticed."""

    promise: Promise | None
    missing: int
    findings: tuple[Finding, ...]


def preview(draft: OrderDraft, *, now: datetime) -> Preview:
    """By the rules of `place_order`, writing and locking nothing."""
    try:
        prepared = prepare(draft, now=now)
    except DraftRefused as refused:
        return Preview(None, 0, refused.findings)
    decided = _decide(prepared, _levels(prepared))
    missing = _missing(prepared, decided.sourcing)
    made = decided.promise
    late = check_promise(draft.requested_delivery_on, made.delivery_on if made else None)
    return Preview(made, missing, (*prepared.draft.findings, *check_stock(missing), *late))


@dataclass(frozen=True)
class Prepared:
    """All that is known before a lock is taken."""

    draft: OrderDraft
    lines: list[OrderLine]
    network: Network
    to: Destination
    now: datetime
    into: Order | None = None

    @property
    def needs(self) -> tuple[Need, ...]:
        """Units to be promised, keyed by the position of their line."""
        rows = (row for row in self.lines if row.is_stocked and row.sku_id)
        live = ((row, row.ordered - row.cancelled) for row in rows)
        return tuple(Need(row.position, row.sku_id or 0, units) for row, units in live if units)

    @property
    def takes_stock(self) -> bool:
        return not any(finding.hold_code in GIVES_NO_STOCK for finding in self.draft.errors)


@dataclass(frozen=True)
class Decided:
    """What an order is given, from the levels as they were read."""

    sourcing: Sourcing
    promise: Promise | None
    levels: Levels


def prepare(draft: OrderDraft, *, now: datetime) -> Prepared:
    """Check and complete a draft. Raises DraftRefused."""
    known = learn(draft)
    network = load_network(now=now, countries=[draft.country])
    postcode = draft.shipping.postcode if draft.shipping else ""
    to = Destination(draft.country, postcode, draft.requested_delivery_on)
    found = [*draft.findings, *check_draft(draft, known)]
    found += check_delivery(draft, is_served=bool(network.serving(to)))
    draft = replace(draft.balanced(), findings=tuple(found))
    if draft.refusals:
        raise DraftRefused(draft.refusals)
    return Prepared(draft, explode(draft.lines, known.components), network, to, now)


def _levels(prepared: Prepared) -> Levels:
    """The levels of the warehouses that serve the address, as last committed."""
    places, skus = _relevant(prepared)
    rows = _LEVELS(places, skus) if places and skus else ()
    return {(row[1], row[2]): Level(row[0], row[3] - row[4] - row[5] - row[6]) for row in rows}


def _locked_levels(prepared: Prepared) -> Levels:
    """The same, locked in primary-key order. Closes the race for the last unit."""
    places, skus = _relevant(prepared)
    levels = lock_levels(skus, places) if places and skus else {}
    return {key: Level(level.pk, level.free) for key, level in levels.items()}


def _relevant(prepared: Prepared) -> tuple[list[int], list[int]]:
    """Warehouses that serve the address, and SKUs to promise."""
    if not prepared.takes_stock:
        return [], []
    places = {zone.warehouse_id for zone in prepared.network.serving(prepared.to)}
    return sorted(places), sorted({need.sku_id for need in prepared.needs})


_LEVELS = PreparedRead(
    lambda places, skus: StockLevel.objects.filter(warehouse__in=places, sku__in=skus).values_list(
        "pk", "warehouse_id", "sku_id", "on_hand", "unsaleable", "allocated", "safety"
    )
)
_SOMEBODY_WAITS = PreparedRead(
    lambda skus: OrderLine.objects.filter(sku__in=skus, backordered__gt=0).order_by().values_list("pk")[:1]
)


def _decide(prepared: Prepared, levels: Levels) -> Decided:
    sourcing = _source(prepared, {key: level.free for key, level in levels.items() if level.free > 0})
    promised = prepared.network.promise(
        prepared.to, sourcing.warehouse_ids, is_short=bool(_missing(prepared, sourcing))
    )
    return Decided(sourcing, promised, levels)


def _source(prepared: Prepared, free: dict[tuple[int, int], int]) -> Sourcing:
    """Orders that wait for the same units are served before a new one."""
    if not free:
        return NOTHING
    sources = prepared.network.sources(prepared.to)
    skus = {sku for _, sku in free}
    if not _SOMEBODY_WAITS(sorted(skus)):
        return decide(prepared.needs, sources, free)
    queue = queue_for(skus, now=prepared.now)
    draft = prepared.draft
    own = Waiting(0, prepared.needs, sources, prepared.now, priority=draft.priority, is_renewal=draft.is_renewal)
    return fill([*queue.waiting.values(), own], {**queue.free, **free}, now=prepared.now)[0]


def _missing(prepared: Prepared, sourcing: Sourcing) -> int:
    wanted = sum(row.ordered - row.cancelled for row in prepared.lines if row.is_stocked)
    return wanted - sum(part.units for part in sourcing.parts)


def _write(prepared: Prepared, decided: Decided, *, by: User | str) -> Order:
    """Inside the caller's transaction: all rows in one statement, then the stock. Raises NotEnoughStock."""
    order = _order(prepared, decided)
    lines = _cover(prepared.lines, decided.sourcing)
    main, parts = _renewed(lines, order)
    payments = _payments(order, prepared)
    _set_statuses(order, lines, payments)
    order.number = draw_number("SO", [order], lines)
    new = [order]
    if prepared.into is not None:
        _take_over(order, prepared.into)
        new = []
    link = OrderLink.objects.fresh(order, now=prepared.now)
    groups: list[Sequence[Model]] = [new, main, parts, *_addresses_and_charges(order, prepared.draft), payments]
    groups += [_holds(order, prepared, by), [link], _messages(order, prepared, lines, link.token)]
    groups += [[_activity(order, prepared, decided, by)], *_promised(order, lines, decided, prepared.now)]
    insert_together(groups)
    promise(_units_by_level(prepared, decided))
    finish_unshipped(order, by=by, now=prepared.now)
    return order


def _renewed(lines: list[OrderLine], order: Order) -> tuple[list[OrderLine], list[OrderLine]]:
    """Lines of this order that have no key, also when they had one before; bundles' parts apart."""
    for row in lines:
        row.order, row.pk = order, None
    parts = [row for row in lines if row.kind == LineKind.COMPONENT]
    for row in parts:
        row.bundle = row.bundle
    return [row for row in lines if row.kind != LineKind.COMPONENT], parts


def _take_over(order: Order, draft: Order) -> None:
    """The saved draft's row becomes the order, under its number."""
    if not draft.can_move_to(OrderStatus.ACCEPTED):
        raise IllegalMove(draft, draft.current_status, OrderStatus.ACCEPTED)
    order.pk, order.number = draft.pk, draft.number
    order.version, order.assignee_id = draft.version + 1, draft.assignee_id
    order.save(force_update=True)


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
    missing = _missing(prepared, decided.sourcing)
    sentence = gettext_noop("Placed: {units} units, {total} {currency}")
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


def _units_by_level(prepared: Prepared, decided: Decided) -> dict[int, int]:
    """The queue may have seen a level that was made after ours were read: then they are read again."""
    levels, units = decided.levels, dict[int, int]()
    if not all((part.warehouse_id, part.sku_id) in levels for part in decided.sourcing.parts):
        levels = _levels(prepared)
    for part in decided.sourcing.parts:
        pk = levels[part.warehouse_id, part.sku_id].pk
        units[pk] = units.get(pk, 0) + part.units
    return units
