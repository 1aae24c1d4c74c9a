"""Promotion codes: offered, stopped, used."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.models import Customer
from ordermgmt.clock import business_day
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.retrying import retries_conflicts
from orders.billing_states import EventKind
from orders.models import Order, Plan, Promotion, Redemption, Subscription, SubscriptionEvent
from orders.promotions import Wish, refusal


class CodeRefused(Exception):
    """The code cannot be used here; `reason` names why in one word."""

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class PromotionRefused(Exception):
    """The promotion cannot be offered as given; `field` names the fact that is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def tidy_code(text: str) -> str:
    """Codes are written in capitals without spaces: people type them as they like."""
    return re.sub(r"\s+", "", text).upper()


@transaction.atomic(durable=True)
def offer_promotion(*, code: str, plans: Iterable[Plan] = (), by: User | str, now: datetime, **facts: Any) -> Promotion:
    """Offer a new code. Raises PromotionRefused."""
    code = tidy_code(code)
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9_-]{2,39}", code):
        raise PromotionRefused(_("Enter a code of 3 to 40 letters, digits and dashes."), "code")
    if Promotion.objects.filter(code=code).exists():
        raise PromotionRefused(_("The code %(code)s exists already. Choose another.") % {"code": code}, "code")
    promotion = Promotion.objects.create(code=code, created_at=now, **facts)
    promotion.plans.set(plans)
    record("promotion.offered", gettext_noop("Code {code} offered"), subject=code, by=by, now=now, code=code)
    return promotion


@transaction.atomic(durable=True)
def stop_promotion(*, promotion: Promotion, by: User | str, now: datetime) -> Promotion:
    """Nobody new may use it; those who use it keep what they were given."""
    return _set_active(promotion, is_active=False, by=by, now=now)


@transaction.atomic(durable=True)
def resume_promotion(*, promotion: Promotion, by: User | str, now: datetime) -> Promotion:
    """It may be used again."""
    return _set_active(promotion, is_active=True, by=by, now=now)


def _set_active(promotion: Promotion, *, is_active: bool, by: User | str, now: datetime) -> Promotion:
    promotion = Promotion.objects.select_for_update().get(pk=promotion.pk)
    if promotion.is_active == is_active:
        return promotion
    promotion.is_active = is_active
    promotion.save(update_fields=["is_active"])
    verb, sentence = ("resumed", gettext_noop("Code {code} offered again")) if is_active else (
        "stopped", gettext_noop("Code {code} stopped"))  # fmt: skip
    record(f"promotion.{verb}", sentence, subject=promotion.code, by=by, now=now, code=promotion.code)
    return promotion


@retries_conflicts
@transaction.atomic(durable=True)
def redeem(code: str, *, subscription: Subscription, by: User | str, now: datetime) -> Redemption:
    """Use a code for the next charges of a subscription; one it has already changes nothing. Raises CodeRefused."""
    subscription = Subscription.objects.locked().select_related("customer", "version").get(pk=subscription.pk)
    if existing := Redemption.objects.filter(promotion__code=tidy_code(code), subscription=subscription).first():
        return existing
    redemption = use_code(code, subscription=subscription, now=now)
    Subscription.objects.filter(pk=subscription.pk).update(row_version=F("row_version") + 1)
    note_code(redemption, by=by, now=now)
    return redemption


def note_code(redemption: Redemption, *, by: User | str, now: datetime) -> None:
    """Inside the caller's transaction: the history of a subscription says which code it uses."""
    facts = {"code": redemption.promotion.code, "charges_left": redemption.charges_left}
    subscription = redemption.subscription
    if subscription is None:
        return
    SubscriptionEvent.objects.create(
        subscription=subscription, kind=EventKind.PROMOTION, facts=facts, by=str(by), at=now
    )
    record("subscription.promotion", gettext_noop("Code {code} applied"), subject=str(subscription),
           by=by, now=now, **facts)  # fmt: skip


def use_code(
    code: str, *, subscription: Subscription | None = None, order: Order | None = None, now: datetime
) -> Redemption:
    """Inside the caller's transaction (its subscription or order written): take one use of a code. Raises CodeRefused.

    A code that this subscription or order has already gives the redemption there is.
    """
    target = {"subscription": subscription} if subscription is not None else {"order": order}
    # Closes the race of two customers for the last use.
    promotion = Promotion.objects.select_for_update().filter(code=tidy_code(code)).first()
    if promotion is None:
        raise CodeRefused(_("We do not know this code."), "unknown")
    if existing := Redemption.objects.filter(promotion=promotion, **target).first():
        return existing
    _refuse(promotion, _wish(promotion, subscription, order, now))
    Promotion.objects.filter(pk=promotion.pk).update(uses=F("uses") + 1)
    charges = promotion.cycles if subscription is not None else 1
    customer = _customer(subscription or order)
    return Redemption.objects.create(promotion=promotion, customer=customer, charges_left=charges, at=now, **target)


def _customer(target: Subscription | Order | None) -> Customer:
    if target is None or target.customer is None:
        raise CodeRefused(_("A code is for a customer we know."), "no_customer")
    return target.customer


def _wish(promotion: Promotion, subscription: Subscription | None, order: Order | None, now: datetime) -> Wish:
    customer = _customer(subscription or order)
    target: Any = subscription or order
    used = Redemption.objects.filter(promotion=promotion, customer=customer).count()
    return Wish(business_day(now), target.currency, subscription.version.plan_id if subscription else None, used)


def _refuse(promotion: Promotion, wish: Wish) -> None:
    plan_ids = frozenset(promotion.plans.values_list("pk", flat=True))
    if refused := refusal(promotion, wish, plan_ids=plan_ids):
        reason, sentence = refused
        raise CodeRefused(sentence, reason)


def spend_charges(redemption_ids: Iterable[int]) -> int:
    """Inside the caller's transaction: one charge less for each; those for ever stay. In one statement."""
    rows = Redemption.objects.filter(pk__in=list(redemption_ids), charges_left__gt=0)
    return rows.update(charges_left=F("charges_left") - 1)
