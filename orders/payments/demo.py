"""Cards for a demo shop: a small card network that answers as a real provider does, and moves no money.

Chosen by DEMO_CARDS, and only with DEBUG. What a saved card does is written in its token (`dm_poor_17`): most say
yes, some never do, some want the customer to confirm, one has money at the end of the month only.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from ordermgmt.clock import business_day
from ordermgmt.money import ZERO, round_money
from orders.payments.declines import is_hard
from orders.payments.demo_network import CHARGE, CLOSED, DONE, OPEN, REFUND, Move, Network, PageRow, clock
from orders.payments.protocol import (
    BadSignature,
    ChargeWish,
    Outcome,
    Page,
    PageWish,
    PayoutFacts,
    PayoutPart,
    ProviderRefused,
    RefundWish,
    Result,
    SavedMethod,
    Told,
)

FEE_SHARE, FEE_EACH = Decimal("0.014"), Decimal("0.25")
# Money of a day is at the bank two days later, on weekdays.
CLEARS = timedelta(days=2)
SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class Card:
    """`says`: why the bank says no ("": it says yes); `pays_from`: the attempt from which it says yes after all."""

    brand: str
    last4: str
    says: str = ""
    pays_from: int = 0
    confirms: bool = False


CARDS = {
    "visa": Card(brand="Visa", last4="4242"),
    "master": Card(brand="Mastercard", last4="4444"),
    "poor": Card(brand="Visa", last4="9995", says="insufficient_funds", pays_from=3),
    "broke": Card(brand="Mastercard", last4="9987", says="insufficient_funds"),
    "expired": Card(brand="Visa", last4="0069", says="expired_card"),
    "stolen": Card(brand="Visa", last4="9979", says="stolen_card"),
    "confirm": Card(brand="Visa", last4="3184", says="authentication_required", confirms=True),
}


def is_chosen() -> bool:
    return bool(settings.DEMO_CARDS and settings.DEBUG)


def kind_of(method: str) -> str:
    """Of the token of a saved card; one the network never gave out is no card."""
    prefix, _, rest = method.partition("_")
    kind = rest.partition("_")[0]
    return kind if prefix == "dm" and kind in CARDS else ""


class Demo:
    name = "demo"
    is_online = True

    def __init__(self, network: Network | None = None) -> None:
        self.network = network or Network(Path(settings.DATA_DIR) / "demo-cards.sqlite3")

    def charge(self, wish: ChargeWish) -> Outcome:
        code = self._answer(kind_of(wish.method), int(wish.facts.get("attempt") or 1))
        return self._take(wish.key, wish.amount, wish.currency, code)

    def _answer(self, kind: str, attempt: int) -> str:
        card = CARDS.get(kind)
        if card is None:
            return "payment_method_gone"
        return "" if card.pays_from and attempt >= card.pays_from else card.says

    def _take(self, key: str, amount: Decimal, currency: str, code: str) -> Outcome:
        self.network.keep(
            Move(key=key, reference=f"ch_demo_{_digest(key)}", kind=CHARGE, amount=amount, currency=currency, at=clock(), code=code)
        )  # fmt: skip
        known = self.network.by_key(key)
        if known is None or (known.amount, known.currency) != (amount, currency):
            return Outcome(result=Result.DECLINED, code="invalid_request", words="The key was used for another amount")
        return _outcome(known)

    def find(self, wish: ChargeWish, *, since: datetime) -> Outcome | None:
        known = self.network.by_key(wish.key)
        return _outcome(known) if known else None

    def refund(self, wish: RefundWish) -> Outcome:
        charge = self.network.by_reference(wish.reference)
        known = self.network.by_key(wish.key)
        if known is None:
            back = sum((move.amount for move in self.network.refunds_of(wish.reference) if not move.code), ZERO)
            is_there = charge is not None and not charge.code and back + wish.amount <= charge.amount
            known = Move(
                key=wish.key, reference=f"re_demo_{_digest(wish.key)}", kind=REFUND, amount=wish.amount,
                currency=wish.currency, at=clock(), about=wish.reference, code="" if is_there else "charge_not_found",
            )  # fmt: skip
            self.network.keep(known)
        return _outcome(known)

    def find_refund(self, wish: RefundWish) -> Outcome | None:
        known = self.network.by_key(wish.key)
        return _outcome(known) if known else None

    def page(self, wish: PageWish) -> Page:
        facts = asdict(wish) | {"amount": None if wish.amount is None else str(wish.amount), "facts": dict(wish.facts)}
        row = self.network.keep_page(f"cs_demo_{_digest(wish.key)}", wish.key, facts, at=clock())
        return Page(reference=row.reference, url=f"{settings.BASE_URL}/demo-cards/{row.reference}/")

    def use_card(self, reference: str, kind: str) -> str:
        """The customer chose a card on the page; why it was declined, or nothing. Raises ProviderRefused."""
        page, card = self.network.page(reference), CARDS.get(kind)
        if page is None or page.state != OPEN or card is None:
            raise ProviderRefused("This page is over")
        if card.says and not card.confirms:
            return card.says
        self.network.decide_page(reference, DONE, card=kind, at=clock())
        wish = page.wish
        if wish["amount"] is not None:
            self._take(f"page:{reference}", Decimal(wish["amount"]), wish["currency"], "")
        return ""

    def page_outcome(self, reference: str) -> Outcome:
        page = self.network.page(reference)
        if page is None or page.state == CLOSED:
            return Outcome(result=Result.ENDED, reference=reference)
        if page.state == OPEN:
            return Outcome(result=Result.PENDING, reference=reference)
        paid = self.network.by_key(f"page:{reference}")
        return Outcome(result=Result.SUCCEEDED, reference=paid.reference if paid else reference, method=_saved(page))

    def close_page(self, reference: str) -> Outcome:
        self.network.decide_page(reference, CLOSED, at=clock())
        return self.page_outcome(reference)

    def payouts(self, *, since: datetime) -> Iterator[PayoutFacts]:
        """What came and went on the days that clear together, in each currency."""
        today, days = business_day(clock()), defaultdict[tuple[date, str], list[Move]](list)
        for move in self.network.moved_since(since - CLEARS):
            days[_arrives_on(business_day(move.at)), move.currency].append(move)
        for (arrives_on, currency), moves in sorted(days.items()):
            parts = tuple(_part(move) for move in moves)
            amount = sum((part.amount - part.fee for part in parts), ZERO)
            if arrives_on <= today and amount > 0:
                yield PayoutFacts(
                    reference=f"po_demo_{arrives_on:%Y%m%d}_{currency.lower()}", currency=currency, amount=amount,
                    arrives_on=arrives_on, bank_reference=f"DEMO CARDS {arrives_on:%d%m%y}", parts=parts,
                )  # fmt: skip

    def missed_events(self, *, since: datetime) -> Iterable[Told]:
        return [told(page) for page in self.network.pages_done_since(since)]

    def read_event(self, body: bytes, signature: str) -> Told:
        raise BadSignature("The demo network sends nothing")


def told(page: PageRow) -> Told:
    """What a provider sends when a page was paid."""
    metadata = {**page.wish["facts"], "key": page.wish["key"], "customer": page.wish["customer_number"]}
    thing: dict[str, Any] = {"id": page.reference, "metadata": metadata}
    kind = "checkout.session.completed"
    payload = {"created": int(page.at.timestamp()), "data": {"object": thing}}
    return Told(event_id=f"evt_{page.reference}", kind=kind, payload=payload)


def _saved(page: PageRow) -> SavedMethod:
    """A card that was confirmed once says yes from then on."""
    card = CARDS[page.card]
    kind = "visa" if card.confirms else page.card
    customer = page.wish["customer"] or f"dc_{page.wish['customer_number']}"
    day = page.at.date()
    expires_on = day.replace(year=day.year + 3, day=28)
    reference = f"dm_{kind}_{_digest(page.reference)}"
    return SavedMethod(
        reference=reference, customer=customer, brand=card.brand, last4=card.last4, expires_on=expires_on
    )


def _outcome(move: Move) -> Outcome:
    if not move.code:
        return Outcome(result=Result.SUCCEEDED, reference=move.reference)
    return Outcome(result=Result.DECLINED, reference=move.reference, code=move.code, is_hard=is_hard(move.code))


def _part(move: Move) -> PayoutPart:
    if move.kind == REFUND:
        return PayoutPart(reference=move.reference, kind=REFUND, amount=-move.amount, fee=ZERO)
    fee = round_money(move.amount * FEE_SHARE + FEE_EACH, move.currency)
    return PayoutPart(reference=move.reference, kind=CHARGE, amount=move.amount, fee=fee)


def _arrives_on(day: date) -> date:
    arrives_on = day + CLEARS
    while arrives_on.weekday() >= SATURDAY:
        arrives_on += timedelta(days=1)
    return arrives_on


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]
