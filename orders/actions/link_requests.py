"""Links on request: to all orders and subscriptions of an e-mail address, in one mail. Nobody is told whether it is known."""

from datetime import datetime

from django.db import transaction

from ordermgmt.mail import render_message
from ordermgmt.models import OutgoingMessage
from orders.actions.links import short_order_links
from orders.actions.subscription_links import short_links
from orders.emails import link_message
from orders.subscription_link_emails import linked_plans, plan_link_message


@transaction.atomic(durable=True)
def send_links_to(email: str, *, now: datetime) -> OutgoingMessage | None:
    """Mail links to the last orders and subscriptions of an e-mail address, if there are any."""
    orders, plans = short_order_links(email, now=now), short_links(email, now=now)
    if orders:
        order, link = orders[0]
        about = f"{order.number} {link.pk}"
        return link_message(orders, about=about, now=now, is_lasting=False, plans=linked_plans(plans))
    if plans:
        s, plan_link = plans[0]
        return plan_link_message(plans, about=f"{s.number} {plan_link.pk}", now=now, is_lasting=False)
    _take_as_long(email)
    return None


def _take_as_long(email: str) -> None:
    """Renders a mail for nobody, so that the time of the answer does not tell whether the address is known."""
    nobody = {"number": email, "placed_on": None, "url": ""}
    render_message("order_link", {"order_number": email, "button_url": "", "orders": [nobody]}, "en-gb")
