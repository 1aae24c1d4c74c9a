"""What the customers of the demo shop wrote to it: some wait, some were answered, one is late, two are one matter."""

from datetime import datetime, timedelta
from random import Random

from customers.actions.canned_replies import save_reply
from customers.actions.ticket_answering import answer_ticket, note_ticket
from customers.actions.ticket_assigning import set_priority, take_ticket
from customers.actions.ticket_opening import Wish, open_ticket, write_again
from customers.models import CannedReply, Customer, Ticket
from customers.ticket_states import TicketChannel, TicketTopic
from ordermgmt.models import User
from orders.models import Order

REPLIES = (
    ("Where is it", TicketTopic.MISSING, "Hi {customer first name},\n\nI looked your order {order number} up. {say sentence}\n\nIf it is not there by then, reply to this mail and I take care of it.\n\n{my name}"),
    ("Broken: a picture, please", TicketTopic.DAMAGED, "Hi {customer first name},\n\nI am sorry that it arrived like that. Could you send me a picture of it? Then a new one leaves today.\n\n{my name}"),
    ("A new one is on its way", TicketTopic.DAMAGED, "Hi {customer first name},\n\na new one for {order number} leaves us today, at no cost. You need not send the old one back.\n\n{my name}"),
    ("How to skip or pause", TicketTopic.CHANGE, "Hi {customer first name},\n\nyou can skip, move or pause any delivery on your plan's page, until the day before we pack it. {say sentence}\n\n{my name}"),
    ("Your invoice", TicketTopic.MONEY, "Hi {customer first name},\n\nall invoices of {order number} are on its page, under Invoices. The last one is attached to the mail we sent when it left.\n\n{my name}"),
)  # fmt: skip
# (topic, text, hours ago, what became of it)
STORIES = (
    (TicketTopic.MISSING, "My parcel was promised for yesterday and tracking has said the same since Friday. Do you know more?", 1, "new"),
    (TicketTopic.DAMAGED, "The glass jar in the box was broken and there is honey on everything else. Can I get a new one?", 2, "new"),
    (TicketTopic.CHANGE, "We are away in December. How do I pause the plan without losing my price?", 3, "taken"),
    (TicketTopic.WRONG, "I ordered the coarse grind and got beans. The label on the bag says coarse, but it is beans.", 31, "late"),
    (TicketTopic.MONEY, "I was charged twice this month, 2 November and 4 November. One of them must be wrong.", 5, "answered"),
    (TicketTopic.MISSING, "The driver says he left it at the door. It is not there, and my neighbours do not have it.", 27, "back"),
    (TicketTopic.OTHER, "Is the oat drink gluten free? My daughter cannot have any.", 50, "solved"),
    (TicketTopic.CHANGE, "New address from 1 December: can you change it for the plan as well as for the order?", 7, "answered"),
)  # fmt: skip


def load_replies(by: User, *, now: datetime) -> None:
    for name, topic, body in REPLIES:
        save_reply(CannedReply(name=name, topic=topic, body=body), by=by, now=now)


def play_tickets(rng: Random, support: User, *, now: datetime) -> None:
    """Tickets about the newest orders, told through the real verbs."""
    load_replies(support, now=now - timedelta(days=90))
    orders = list(Order.objects.exclude(customer=None).exclude(email="").select_related("customer").order_by("-placed_at")[:60])  # fmt: skip
    rng.shuffle(orders)
    for (topic, text, hours, fate), order in zip(STORIES, orders, strict=False):
        customer = order.customer
        if customer is not None:
            _play(
                order, customer, topic, text, fate, support, at=now - timedelta(hours=hours, minutes=rng.randint(1, 50))
            )


def _play(order: Order, customer: Customer, topic: str, text: str, fate: str, support: User, *, at: datetime) -> None:
    channel = TicketChannel.MAIL if fate in ("answered", "solved") else TicketChannel.STATUS_PAGE
    wish = Wish(
        subject=str(TicketTopic(topic).label), text=text, channel=channel, customer=customer, name=customer.name,
        email=customer.email, topic=topic, about=order.number, receipt=False,
    )  # fmt: skip
    ticket = open_ticket(wish, by=customer.name, now=at)
    if fate == "late":
        set_priority(ticket.pk, priority="high", by=support, now=at)
    if fate == "taken":
        take_ticket(ticket.pk, by=support, now=at + timedelta(minutes=20))
    if fate in ("answered", "back", "solved"):
        _answer(ticket, fate, support, at=at + timedelta(minutes=35))


def _answer(ticket: Ticket, fate: str, support: User, *, at: datetime) -> None:
    seen = ticket.messages.latest("pk").pk
    words = f"Hi,\n\nthank you for writing. I looked into {ticket.about} and have asked the people who know. You hear from me today.\n\n{support.get_short_name()}"
    answer_ticket(
        ticket.pk, text=words, seen=seen, then="solved" if fate == "solved" else "waiting", by=support, now=at
    )
    if fate == "back":
        note_ticket(ticket.pk, text="The carrier looks for the picture of the hand-over.", by=support, now=at)
        write_again(
            ticket.pk, text="Still nothing. Could you send it again?", by=ticket.who, now=at + timedelta(hours=2)
        )
