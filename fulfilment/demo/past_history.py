"""What the history tells of the orders of the past."""

from datetime import datetime, timedelta
from typing import Any

from fulfilment.demo.told import Told
from ordermgmt.history import activity
from ordermgmt.models import Activity, ActivityCategory

CARRIER = "Nordic Parcel"


def activities_of(one: Told) -> list[Activity]:
    """The lines of one order, as old as what they tell."""
    if one.story.is_cancelled:
        return [_placed(one), _cancelled(one)]
    return [_placed(one), *_worked(one), *_delivered(one)]


def _placed(one: Told) -> Activity:
    story, order = one.story, one.order
    return activity(
        "place_order",
        "Order placed through {channel}: {units} units, {total} {currency}",
        subject=order.number,
        by=None,
        now=story.placed_at,
        channel=order.channel.name,
        units=order.units,
        total=str(story.total),
        currency=story.currency,
    )


def _cancelled(one: Told) -> Activity:
    order = one.order
    return activity(
        "cancel_order",
        "Cancelled: {reason}",
        subject=order.number,
        by="Ana Petrova",
        now=order.cancelled_at or one.story.placed_at,
        reason=order.cancel_reason,
    )


def _worked(one: Told) -> list[Activity]:
    """From the floor to the van."""
    left, work, parcel = one.story.dispatched_at, str(one.work), str(one.shipment)

    def told(verb: str, sentence: str, subject: str, by: str, now: datetime, **facts: Any) -> Activity:
        category = ActivityCategory.WAREHOUSE
        return activity(
            verb, sentence, subject=subject, thread=one.order.number, by=by, now=now, category=category, **facts
        )

    released, packed = left - timedelta(hours=2), left - timedelta(minutes=35)
    house = str(one.story.warehouse)
    return [
        told("release_work", "Released to the floor of {warehouse}", work, "Tom Berg", released, warehouse=house),
        told("pack_work", "Packed into one carton", work, "Sam Holm", packed),
        told(
            "dispatch_shipment",
            "{number} handed to {carrier}",
            parcel,
            "Sam Holm",
            left,
            number=parcel,
            carrier=CARRIER,
        ),
    ]


def _delivered(one: Told) -> list[Activity]:
    if not one.story.delivered_at:
        return []
    return [
        activity(
            "record_event",
            "Delivered to {city}",
            subject=str(one.shipment),
            by=CARRIER,
            now=one.story.delivered_at,
            thread=one.order.number,
            category=ActivityCategory.CARRIER,
            city=one.order.ship_city,
        )
    ]
