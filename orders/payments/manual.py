"""Bank transfer and cash: nothing is ever charged or sent; people write down what came and what went."""

from collections.abc import Iterable
from datetime import datetime

from orders.payments.protocol import (
    BadSignature,
    ChargeWish,
    Outcome,
    Page,
    PageWish,
    PayoutFacts,
    ProviderRefused,
    RefundWish,
    Result,
    Told,
)

BY_HAND = "It is paid by bank transfer or cash"


class Manual:
    """A charge waits for its receipt; a refund waits until somebody writes down that it was paid."""

    name = "manual"
    is_online = False

    def charge(self, wish: ChargeWish) -> Outcome:
        return Outcome(result=Result.PENDING, words=BY_HAND)

    def find(self, wish: ChargeWish, *, since: datetime) -> Outcome | None:
        return Outcome(result=Result.PENDING, words=BY_HAND)

    def refund(self, wish: RefundWish) -> Outcome:
        return Outcome(result=Result.PENDING, words=BY_HAND)

    def find_refund(self, wish: RefundWish) -> Outcome | None:
        return Outcome(result=Result.PENDING, words=BY_HAND)

    def page(self, wish: PageWish) -> Page:
        raise ProviderRefused(BY_HAND)

    def page_outcome(self, reference: str) -> Outcome:
        raise ProviderRefused(BY_HAND)

    def close_page(self, reference: str) -> Outcome:
        raise ProviderRefused(BY_HAND)

    def payouts(self, *, since: datetime) -> Iterable[PayoutFacts]:
        return ()

    def missed_events(self, *, since: datetime) -> Iterable[Told]:
        return ()

    def read_event(self, body: bytes, signature: str) -> Told:
        raise BadSignature(BY_HAND)
