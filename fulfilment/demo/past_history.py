"""What the history tells of the orders of the past."""

from datetime import timedelta
from typing import Any

from fulfilment.demo.told import Told
from ordermgmt.history import activity
from ordermgmt.models import Activity, ActivityCategory


def activities_of(one: Told) -> list[Activity]:
    story, order = one.story, one.order
    lines = [
        activity(
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
    ]
    if story.is_cancelled:
        cancelled_at = order.cancelled_at or story.placed_at
        return [
            *lines,
            activity(
                "cancel_order",
                "Cancelled: {reason}",
                subject=order.number,
                by="Ana Petrova",
                now=cancelled_at,
                reason=order.cancel_reason,
            ),
        ]
    left, shipment = story.dispatched_at, one.shipment
    about: dict[str, Any] = {"thread": order.number, "category": ActivityCategory.WAREHOUSE}
    lines += [
        activity(
            "release_work",
            "Released to the floor of {warehouse}",
            subject=str(one.work),
            by="Tom Berg",
            now=left - timedelta(hours=2),
            warehouse=str(story.warehouse),
            **about,
        ),
        activity(
            "pack_work",
            "Packed into one carton",
            subject=str(one.work),
            by="Sam Holm",
            now=left - timedelta(minutes=35),
            **about,
        ),
        activity(
            "dispatch_shipment",
            "{number} handed to {carrier}",
            subject=str(shipment),
            by="Sam Holm",
            now=left,
            number=str(shipment),
            carrier="Nordic Parcel",
            **about,
        ),
    ]
    if story.delivered_at:
        lines.append(
            activity(
                "record_event",
                "Delivered to {city}",
                subject=str(shipment),
                by="Nordic Parcel",
                now=story.delivered_at,
                thread=order.number,
                category=ActivityCategory.CARRIER,
                city=order.ship_city,
            )
        )
    return lines
