"""Orders and subscriptions next to a ticket: their state, what to say, and what may be done."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.ticket_panel import Deed, Named, PanelRecord, panel_source
from ordermgmt.blocking import Blocker, blockers_of
from ordermgmt.models import User
from ordermgmt.templatetags import portal
from orders.billing_states import SubscriptionStatus
from orders.models import Order, Subscription
from orders.saying import say_next, say_this
from orders.states import FulfilmentStatus, OrderStatus
from orders.subscription_filters import subscriptions_with_next
from orders.subscription_rows import load_rows
from orders.unshipped import GONE
from orders.wording import state_of

MOST = 5
SENT = (*GONE, FulfilmentStatus.PART_SHIPPED)
LIVE = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)


class OrderPanel:
    def records(self, customer: Customer | None, about: str, user: User, now: datetime) -> Sequence[PanelRecord]:
        if not user.has_perm("orders.view"):
            return []
        wanted = Q(number=about)
        if customer is not None:
            wanted |= Q(customer=customer, status=OrderStatus.ACCEPTED)
        orders = Order.objects.with_state().filter(wanted).prefetch_related("payments")
        found = sorted(orders.order_by("-placed_at", "-pk")[: MOST + 1], key=lambda order: order.number != about)[:MOST]
        why = blockers_of(found, now=now)
        return [_order(order, why.get(order.pk, []), user) for order in found]

    def named(self, number: str) -> Named | None:
        if not number.startswith("SO-"):
            return None
        order = Order.objects.select_related("customer").exclude(status=OrderStatus.DRAFT).filter(number=number).first()
        return Named(order.number, order.customer, order.email, order.language) if order else None


def _order(order: Order, blockers: Sequence[Blocker], user: User) -> PanelRecord:
    word = state_of(order)
    return PanelRecord(
        number=order.number,
        url=f"/orders/{order.number}/",
        state=(word.value, word.label),
        title=portal.money(order.total, order.currency),
        say=say_this(order, word, blockers),
        deeds=_order_deeds(order, user),
        fields={"delivery day": portal.weekday_words(order.promised_delivery_on)},
    )


def _order_deeds(order: Order, user: User) -> list[Deed]:
    """Those that are possible now, for this person."""
    own, is_open = f"/orders/{order.number}/", order.status == OrderStatus.ACCEPTED
    payment = next(iter(order.payments.all()), None)
    wished = [
        (is_open and user.has_perm("orders.edit"), Deed(_("Change address"), f"{own}address/")),
        (payment is not None and user.has_perm("orders.finance"), Deed(_("Refund"), f"/payments/{payment.pk if payment else 0}/")),
        (user.has_perm("orders.create"), Deed(_("Order again"), f"/orders/new/?repeat={order.number}")),
        (user.has_perm("orders.create") and order.fulfilment_status in SENT, Deed(_("Replace goods"), f"{own}replace/")),
        (is_open and user.has_perm("orders.hold"), Deed(_("Hold"), f"{own}hold/")),
        (is_open and user.has_perm("orders.cancel"), Deed(_("Cancel"), f"{own}cancel/")),
    ]  # fmt: skip
    return [deed for is_possible, deed in wished if is_possible]


class SubscriptionPanel:
    def records(self, customer: Customer | None, about: str, user: User, now: datetime) -> Sequence[PanelRecord]:
        if not user.has_perm("subscriptions.view"):
            return []
        wanted = Q(number=about)
        if customer is not None:
            wanted |= Q(customer=customer, status__in=LIVE)
        rows = subscriptions_with_next().filter(wanted).order_by("-pk")
        found = list(rows.select_related("customer", "version__plan", "next_version__plan", "address")[:MOST])
        load_rows(found, now=now)
        return [_subscription(s, user) for s in found]

    def named(self, number: str) -> Named | None:
        if not number.startswith("SUB-"):
            return None
        s = Subscription.objects.select_related("customer").filter(number=number).first()
        return Named(s.number, s.customer, s.customer.email, s.language) if s else None


def _subscription(s: Subscription, user: User) -> PanelRecord:
    coming, word = s.coming, s.word  # type: ignore[attr-defined]
    day = portal.weekday_words(coming.leaves_on) if coming else ""
    return PanelRecord(
        number=s.number,
        url=f"/subscriptions/{s.number}/",
        state=(word.value, word.label),
        title=s.version.plan.name,
        say=say_next(coming) if coming else "",
        deeds=_subscription_deeds(s, user),
        fields={"delivery day": day},
    )


def _subscription_deeds(s: Subscription, user: User) -> list[Deed]:
    if s.status not in LIVE or not user.has_perm("subscriptions.edit"):
        return []
    change, coming = f"/subscriptions/{s.number}/change/", s.coming  # type: ignore[attr-defined]
    is_active = s.status == SubscriptionStatus.ACTIVE
    wished = [
        (is_active and coming and coming.is_open, Deed(_("Skip next"), f"{change}skip/?number={coming.number if coming else 0}")),
        (is_active and coming, Deed(_("Move delivery"), f"{change}move/?number={coming.number if coming else 0}")),
        (True, Deed(_("Change address"), f"{change}address/")),
        (is_active, Deed(_("Pause"), f"{change}pause/")),
    ]  # fmt: skip
    return [deed for is_possible, deed in wished if is_possible]


panel_source("orders", OrderPanel())
panel_source("subscriptions", SubscriptionPanel())
