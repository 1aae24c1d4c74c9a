"""What was taken over, held against the file it came from."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from orders.billing_states import SubscriptionStatus
from orders.importing.subscription_rows import WantedRow
from orders.models import Channel, Delivery, Subscription


def prove(rows: Sequence[WantedRow], channel: Channel) -> list[dict[str, Any]]:
    """Where what is here differs from the file: missing, state, next day, boxes, price, owed."""
    found = Subscription.objects.filter(channel=channel).exclude(external_id="").select_related("version__plan")
    here = {s.external_id: s for s in found}
    coming = Delivery.objects.filter(subscription__channel=channel, is_next=True)
    next_on = dict(coming.values_list("subscription__external_id", "planned_on"))
    wrong = []
    for row in rows:
        if s := here.get(row["external_id"]):
            wrong += [{"row": row.number, "external_id": s.external_id} | fact for fact in _differs(row, s, next_on)]
        else:
            wrong.append({"row": row.number, "external_id": row["external_id"], "what": "missing"})
    return wrong


def _differs(row: WantedRow, s: Subscription, next_on: dict[str, date]) -> Iterator[dict[str, Any]]:
    is_active = row["status"] == SubscriptionStatus.ACTIVE
    pairs = {
        "status": (row["status"], s.status),
        "plan": (row["plan"], s.version.plan.number),
        "boxes": (row["boxes"], s.quantity),
        "price": (row["price"], s.agreed_price),
        "owed": (row["owed"], s.deliveries_owed),
        "next_on": (row["next_on"] if is_active else None, next_on.get(s.external_id)),
    }
    for what, (wanted, found) in pairs.items():
        if wanted != found:
            yield {"what": what, "file": str(wanted), "here": str(found)}
