"""What a payment provider can do, in our words. Each provider is one small class behind this protocol.

No card data passes through: a provider is given its own tokens, and customers type on its own pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class Result(StrEnum):
    """PENDING: the provider has it and has not decided. UNKNOWN: it may have happened; ask before trying again."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    UNKNOWN = "unknown"
    ENDED = "ended"  # the customer left the provider's page without paying


@dataclass(frozen=True, kw_only=True)
class SavedMethod:
    """A way to pay the provider keeps for a customer, and what may be shown of it."""

    reference: str
    customer: str
    kind: str = "card"
    brand: str = ""
    last4: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a charge or refund. `code` is why it was declined; hard: trying the same card again is no use."""

    result: Result
    reference: str = ""
    code: str = ""
    is_hard: bool = False
    words: str = ""
    method: SavedMethod | None = None


@dataclass(frozen=True, kw_only=True)
class ChargeWish:
    """Money to collect from a saved method. `key` is the same however often it is asked."""

    key: str
    amount: Decimal
    currency: str
    method: str
    customer: str
    words: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RefundWish:
    """Money of the charge `reference` to give back."""

    key: str
    amount: Decimal
    currency: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class PageWish:
    """A page of the provider on which a customer pays `amount` (None: only leaves a card) and is sent back."""

    key: str
    amount: Decimal | None
    currency: str
    words: str
    customer_number: str
    customer: str = ""
    email: str = ""
    done_url: str = ""
    back_url: str = ""
    language: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Page:
    reference: str
    url: str


@dataclass(frozen=True, kw_only=True)
class PayoutPart:
    """A charge, refund or other movement in a payout: `amount` as it counts for us, before `fee`."""

    reference: str
    kind: str
    amount: Decimal
    fee: Decimal


@dataclass(frozen=True, kw_only=True)
class PayoutFacts:
    reference: str
    currency: str
    amount: Decimal
    arrives_on: date
    bank_reference: str
    parts: tuple[PayoutPart, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event as it came: understood later."""

    event_id: str
    kind: str
    payload: Mapping[str, Any]


class BadSignature(Exception):
    """The message is not signed by the provider, or is too old."""


class ProviderRefused(Exception):
    """The provider cannot do it; the sentence says why."""


class Provider(Protocol):
    """`is_online`: it moves money when asked; otherwise people do and write down what came."""

    name: str
    is_online: bool

    def charge(self, wish: ChargeWish) -> Outcome: ...

    def find(self, wish: ChargeWish, *, since: datetime) -> Outcome | None:
        """What became of a charge whose answer was lost; None when it never arrived."""

    def refund(self, wish: RefundWish) -> Outcome: ...

    def find_refund(self, wish: RefundWish) -> Outcome | None: ...

    def page(self, wish: PageWish) -> Page:
        """Raises ProviderRefused."""

    def page_outcome(self, reference: str) -> Outcome: ...

    def close_page(self, reference: str) -> Outcome:
        """Nobody can pay there any more; the outcome says whether somebody did."""

    def payouts(self, *, since: datetime) -> Iterable[PayoutFacts]: ...

    def missed_events(self, *, since: datetime) -> Iterable[Told]: ...

    def read_event(self, body: bytes, signature: str) -> Told:
        """Raises BadSignature."""
