"""The first orders of an exception, each with the sentence its own page says about it."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from ordermgmt.blocking import blockers_of
from ordermgmt.exception_inbox import MOST_ROWS
from ordermgmt.exceptions import Row
from ordermgmt.models import ExceptionItem
from ordermgmt.templatetags import portal
from orders.models import Order


def order_rows(item: ExceptionItem, now: datetime, code: str) -> Sequence[Row]:
    """Oldest first; `code` names the blocker whose sentence is meant, else the worst one's is shown."""
    numbers = list(item.subjects.order_by("pk").values_list("number", flat=True)[:MOST_ROWS])
    orders = {order.number: order for order in Order.objects.filter(number__in=numbers).with_state()}
    found = [orders[number] for number in numbers if number in orders]
    blockers = blockers_of(found, now=now)
    rows = []
    for order in found:
        own = blockers.get(order.pk, [])
        words = next((one.sentence for one in own if one.code == code), own[0].sentence if own else "")
        amount = portal.money(order.total, order.currency)
        rows.append(
            Row(order.number, reverse("order_detail", args=[order.number]), f"{order.recipient}. {words}", amount)
        )
    return rows
