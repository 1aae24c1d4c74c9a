"""How subscriptions are said: their state, how often, what is in them, and why a delivery costs what it costs."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.templatetags import portal
from orders.billing_states import DeliveryStatus, EventKind, SkipReason, SubscriptionStatus
from orders.models import Subscription, SubscriptionEvent
from orders.periods import Interval
from orders.priced import PricedDelivery
from orders.upcoming import Upcoming


class Word(NamedTuple):
    """`value` names the look."""

    value: str
    label: str


def state_of(s: Subscription, today: date) -> Word:
    """Its state with what is to come of it: a trial, an end that is planned, the day a pause ends."""
    status = s.current_status
    if status == SubscriptionStatus.PAUSED and s.resumes_on:
        return Word("paused", _("Paused until %(day)s") % {"day": portal.day_words(s.resumes_on)})
    if status == SubscriptionStatus.ACTIVE and s.ends_on:
        return Word("late", _("Ends %(day)s") % {"day": portal.day_words(s.ends_on)})
    if status == SubscriptionStatus.ACTIVE and s.trial_ends_on and s.trial_ends_on > today:
        return Word("trial", _("Trial until %(day)s") % {"day": portal.day_words(s.trial_ends_on)})
    return Word(status, s.get_status_display())


def every(interval: Interval) -> str:
    """`Every 4 weeks`."""
    n, facts = interval.every, {"n": interval.every}
    words = {
        "day": ngettext("Every day", "Every %(n)d days", n),
        "week": ngettext("Every week", "Every %(n)d weeks", n),
        "month": ngettext("Every month", "Every %(n)d months", n),
        "year": ngettext("Every year", "Every %(n)d years", n),
    }
    return words[interval.unit] % facts


def contents_of(priced: PricedDelivery | None) -> str:
    """`2 × Coffee beans, 1 × Filter`."""
    return ", ".join(f"{part.quantity} × {part.good.name}" for part in priced.parts) if priced else ""


def why_not_sent(upcoming: Upcoming) -> str:
    """`Skipped by staff`, for a delivery that is left out."""
    if upcoming.status != DeliveryStatus.SKIPPED:
        return ""
    said = {
        SkipReason.CUSTOMER: _("Skipped by the customer"),
        SkipReason.STAFF: _("Skipped by us"),
        SkipReason.PAUSE: _("Left out: paused"),
        SkipReason.DUNNING: _("Left out: not paid"),
        SkipReason.STOCK: _("Left out: out of stock"),
        SkipReason.OUTAGE: _("Left out after an outage"),
    }
    return said.get(SkipReason(upcoming.skip_reason), "") if upcoming.skip_reason else _("Left out")


def why_this_price(upcoming: Upcoming, s: Subscription) -> list[dict[str, Any]]:
    """The price of a delivery, part by part (rows for components/facts.html)."""
    priced = upcoming.priced
    if priced is None:
        return []
    rows: list[dict[str, Any]] = [
        {"term": term, "value": portal.money(amount, s.currency)} for term, amount in _parts(priced, upcoming)
    ]
    rows.append({"term": _("Total"), "value": portal.money(upcoming.amount, s.currency), "total": True})
    rows.append({"term": _("Tax included"), "value": portal.money(priced.tax, s.currency)})
    return rows


def _parts(priced: PricedDelivery, upcoming: Upcoming) -> Iterator[tuple[str, Decimal]]:
    if priced.is_paid:
        invoice = upcoming.invoice
        paid = ngettext(
            "Paid together: %(n)d delivery", "Paid together: %(n)d deliveries", invoice.deliveries if invoice else 1
        )
        yield (paid % {"n": invoice.deliveries}, invoice.amount) if invoice else (_("Paid in advance"), Decimal(0))
    else:
        yield _box_words(priced, upcoming), Decimal(0) if priced.is_free else priced.box
    beside = sum((part.full for part in priced.parts if part.kind != "box"), Decimal(0))
    for term, amount in (
        (_("Swapped items"), priced.surcharges),
        (_("Beside the box"), beside),
        (_("Delivery"), priced.delivery),
        (_("Set-up fee"), priced.set_up_fee),
        (_("Discount %(code)s") % {"code": priced.code}, -priced.discount),
    ):
        if amount:
            yield term, amount


def what_was_done(event: SubscriptionEvent) -> str:
    """In a few words; an item that replaces another once is a swap."""
    if event.kind == EventKind.ADDED_ONCE and event.facts.get("old"):
        return _("Swapped once")
    return str(event.get_kind_display())


def _box_words(priced: PricedDelivery, upcoming: Upcoming) -> str:
    if priced.is_free:
        return _("Free: trial")
    if priced.is_announced:
        return _("Box, at the price announced")
    if priced.is_agreed:
        return _("Box, at the agreed price")
    facts = {"plan": upcoming.version.plan.name, "n": upcoming.version.number}
    return _("%(plan)s, version %(n)d") % facts
