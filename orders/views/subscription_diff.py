"""The review of a change: deliveries before and after side by side, as words."""

from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.templatetags import portal
from orders.billing_states import DeliveryStatus
from orders.change_plans import ChangePlan, Touched
from orders.models import Subscription
from orders.subscription_words import contents_of
from orders.upcoming import Upcoming


def diff_of(plan: ChangePlan, s: Subscription) -> list[dict[str, Any]]:
    """A row for each delivery that changes; what stays the same in it is said once."""
    return [_row(pair, s) for pair in plan.touched]


def _row(pair: Touched, s: Subscription) -> dict[str, Any]:
    facts = [_day, _items, _charge]
    cells = [(make(pair.before, s), make(pair.after, s)) for make in facts]
    amounts = (_amount(pair.before, s), _amount(pair.after, s))
    return {
        "number": pair.number,
        "cells": [{"before": before, "after": after, "differs": before != after} for before, after in cells],
        "amount": {"before": amounts[0], "after": amounts[1], "differs": amounts[0] != amounts[1]},
    }


def _comes(one: Upcoming | None) -> bool:
    return one is not None and one.status == DeliveryStatus.SCHEDULED


def _day(one: Upcoming | None, s: Subscription) -> str:
    if one is None:
        return _("does not come")
    day = portal.weekday_words(one.leaves_on)
    return day if _comes(one) else _("%(day)s, left out") % {"day": day}


def _items(one: Upcoming | None, s: Subscription) -> str:
    return contents_of(one.priced) if one and _comes(one) else ""


def _charge(one: Upcoming | None, s: Subscription) -> str:
    if one is None or not _comes(one):
        return ""
    if one.invoice is None or not one.invoice.amount:
        return _("no charge")
    return portal.weekday_words(one.invoice.charge_on)


def _amount(one: Upcoming | None, s: Subscription) -> str:
    return portal.money(one.amount, s.currency) if one and _comes(one) else ""
