"""Stripe through its own SDK: charges of saved cards, refunds, its pages, payouts, signed events.

Nothing is retried here: the SDK makes each call once, and the row that asked decides what follows.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import stripe
from stripe import RequestsClient, StripeClient

from orders.payments.declines import is_hard
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
from orders.payments.stripe_reading import amount_of, charge_outcome, minor, page_outcome, part_of, refund_outcome

# Connect and read, in seconds: together far below the lease of a charge.
TIMEOUT = (5.0, 30.0)
# Clocks differ; a charge is looked for from a little before it was sent.
EARLIER = timedelta(hours=1)


class Stripe:
    name = "stripe"
    is_online = True

    def __init__(self, key: str, webhook_secret: str, *, base: str) -> None:
        self._key, self._webhook_secret, self._base = key, webhook_secret, base

    @cached_property
    def _api(self) -> Any:
        client = StripeClient(
            self._key,
            base_addresses={"api": self._base.rstrip("/")},
            max_network_retries=0,
            http_client=RequestsClient(timeout=TIMEOUT),
        )
        return client.v1

    def charge(self, wish: ChargeWish) -> Outcome:
        params = {
            "amount": minor(wish.amount, wish.currency),
            "currency": wish.currency.lower(),
            "customer": wish.customer,
            "payment_method": wish.method,
            "off_session": True,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": wish.words,
            "metadata": {**wish.facts, "key": wish.key},
        }
        try:
            return charge_outcome(self._api.payment_intents.create(params, {"idempotency_key": wish.key}).to_dict())
        except stripe.StripeError as error:
            return _outcome_of(error)

    def find(self, wish: ChargeWish, *, since: datetime) -> Outcome | None:
        """By our key among the customer's own charges; Stripe's search may lag behind, its lists do not."""
        params = {"customer": wish.customer, "created": {"gte": _unix(since - EARLIER)}, "limit": 100}
        try:
            for intent in self._api.payment_intents.list(params).auto_paging_iter():
                if _key_of(intent) == wish.key:
                    return charge_outcome(intent.to_dict())
        except stripe.StripeError as error:
            return Outcome(result=Result.UNKNOWN, words=_words(error))
        return None

    def refund(self, wish: RefundWish) -> Outcome:
        params = {
            "payment_intent": wish.reference,
            "amount": minor(wish.amount, wish.currency),
            "metadata": {"key": wish.key},
        }
        try:
            return refund_outcome(self._api.refunds.create(params, {"idempotency_key": wish.key}).to_dict())
        except stripe.StripeError as error:
            return _outcome_of(error)

    def find_refund(self, wish: RefundWish) -> Outcome | None:
        try:
            rows = self._api.refunds.list({"payment_intent": wish.reference, "limit": 100})
            for row in rows.auto_paging_iter():
                if _key_of(row) == wish.key:
                    return refund_outcome(row.to_dict())
        except stripe.StripeError as error:
            return Outcome(result=Result.UNKNOWN, words=_words(error))
        return None

    def page(self, wish: PageWish) -> Page:
        try:
            session = self._api.checkout.sessions.create(_page_params(wish), {"idempotency_key": wish.key})
        except stripe.StripeError as error:
            raise ProviderRefused(_words(error)) from error
        return Page(reference=session.id, url=session.url or "")

    def page_outcome(self, reference: str) -> Outcome:
        try:
            session = self._api.checkout.sessions.retrieve(
                reference, {"expand": ["payment_intent.payment_method", "setup_intent.payment_method"]}
            )
        except stripe.StripeError as error:
            return Outcome(result=Result.UNKNOWN, words=_words(error))
        return page_outcome(session.to_dict())

    def close_page(self, reference: str) -> Outcome:
        # It may be over already, or not be heard: what it is now is asked in any case.
        with suppress(stripe.StripeError):
            self._api.checkout.sessions.expire(reference)
        return self.page_outcome(reference)

    def payouts(self, *, since: datetime) -> Iterator[PayoutFacts]:
        for row in self._api.payouts.list({"created": {"gte": _unix(since)}, "limit": 100}).auto_paging_iter():
            if row.status in ("failed", "canceled"):
                continue
            params = {"payout": row.id, "limit": 100, "expand": ["data.source"]}
            moves = self._api.balance_transactions.list(params).auto_paging_iter()
            yield PayoutFacts(
                reference=row.id,
                currency=row.currency.upper(),
                amount=amount_of(row.amount, row.currency),
                arrives_on=datetime.fromtimestamp(row.arrival_date, UTC).date(),
                bank_reference=row.statement_descriptor or "",
                parts=tuple(part_of(move.to_dict()) for move in moves if move.type != "payout"),
            )

    def missed_events(self, *, since: datetime) -> Iterable[Told]:
        """All events since then, delivered or not: what we have is known by its id."""
        for event in self._api.events.list({"created": {"gte": _unix(since)}, "limit": 100}).auto_paging_iter():
            yield Told(event_id=event.id, kind=event.type, payload=event.to_dict())

    def read_event(self, body: bytes, signature: str) -> Told:
        try:
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise BadSignature(str(error)) from error
        return Told(event_id=event.id, kind=event.type, payload=event.to_dict())


def _page_params(wish: PageWish) -> dict[str, Any]:
    facts = {**wish.facts, "key": wish.key, "customer": wish.customer_number}
    params: dict[str, Any] = {
        "mode": "setup" if wish.amount is None else "payment",
        "success_url": wish.done_url,
        "cancel_url": wish.back_url,
        "client_reference_id": wish.customer_number,
        "metadata": facts,
    }
    if wish.language:
        params["locale"] = wish.language
    if wish.customer:
        params["customer"] = wish.customer
    else:
        params |= {"customer_creation": "always"} | ({"customer_email": wish.email} if wish.email else {})
    if wish.amount is None:
        return params | {"currency": wish.currency.lower(), "setup_intent_data": {"metadata": facts}}
    price = {
        "currency": wish.currency.lower(),
        "unit_amount": minor(wish.amount, wish.currency),
        "product_data": {"name": wish.words},
    }
    return params | {
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_intent_data": {"setup_future_usage": "off_session", "description": wish.words, "metadata": facts},
    }


def _outcome_of(error: stripe.StripeError) -> Outcome:
    """A refusal is an answer; anything else leaves open whether the money moved."""
    detail: Any = error.error
    if isinstance(error, stripe.CardError):
        intent = getattr(detail, "payment_intent", None)
        code = getattr(detail, "decline_code", None) or error.code or "card_declined"
        hard = is_hard(code, getattr(detail, "advice_code", None) or "")
        reference = getattr(intent, "id", "") or ""
        return Outcome(result=Result.DECLINED, reference=reference, code=code, is_hard=hard, words=_words(error))
    if isinstance(error, stripe.InvalidRequestError):
        code = "payment_method_gone" if error.code == "resource_missing" else error.code or "invalid_request"
        return Outcome(result=Result.DECLINED, code=code, is_hard=is_hard(code), words=_words(error))
    return Outcome(result=Result.UNKNOWN, words=_words(error))


def _key_of(thing: Any) -> str:
    metadata = thing.to_dict().get("metadata") or {}
    return str(metadata.get("key") or "")


def _words(error: stripe.StripeError) -> str:
    return f"{type(error).__name__}: {error.user_message or error}"[:300]


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
