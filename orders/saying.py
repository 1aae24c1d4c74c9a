"""The one sentence that support reads to a caller about an order or a subscription."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from ordermgmt.blocking import Blocker
from ordermgmt.templatetags.portal import weekday_words
from orders.models import Order
from orders.states import FulfilmentStatus
from orders.upcoming import Upcoming
from orders.wording import StateWord

ARRIVED = (FulfilmentStatus.DELIVERED, FulfilmentStatus.RETURNED)


def say_this(order: Order, state: StateWord, blockers: Sequence[Blocker]) -> str:
    """What holds it up in the customer's words, or where it is and when it should arrive."""
    if blockers and blockers[0].customer_sentence:
        return str(blockers[0].customer_sentence)
    if said := _parcels_say(order):
        return said
    if order.promised_delivery_on and order.fulfilment_status not in ARRIVED:
        return _("%(sentence)s It should arrive on %(day)s.") % {
            "sentence": state.customer,
            "day": weekday_words(order.promised_delivery_on),
        }
    return str(state.customer)


def _parcels_say(order: Order) -> str:
    """When it left and when the carrier brings it, or when it arrived; nothing while a part of it is still here."""
    parcels = [parcel for parcel in getattr(order, "live_shipments", ()) if parcel.dispatched_at and not parcel.problem]
    if order.fulfilment_status == FulfilmentStatus.DELIVERED:
        arrived = max((parcel.delivered_at for parcel in parcels if parcel.delivered_at), default=None)
        return _("It was delivered on %(day)s.") % {"day": weekday_words(arrived)} if arrived else ""
    if order.fulfilment_status != FulfilmentStatus.SHIPPED or not parcels:
        return ""
    facts = {"left": weekday_words(max(parcel.dispatched_at for parcel in parcels))}
    expected = [parcel.expected_on for parcel in parcels if parcel.expected_on] or [order.promised_delivery_on]
    if None in expected:
        return _("It left us on %(left)s.") % facts
    return _("It left us on %(left)s. It should arrive on %(day)s.") % {**facts, "day": weekday_words(max(expected))}


def say_next(coming: Upcoming) -> str:
    """The next delivery of a subscription, and until when it can still be changed."""
    facts = {"day": weekday_words(coming.leaves_on, "l j F"), "until": weekday_words(coming.dates.lock_at, "l j F")}
    if not coming.is_open:
        return _("Your next delivery leaves us on %(day)s. It can no longer be changed.") % facts
    return _("Your next delivery leaves us on %(day)s. You can change it until %(until)s.") % facts
