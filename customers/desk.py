"""What the page of a customer shows that customers know themselves: messages, contact, changes."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import ticket_desk  # noqa: F401  registers itself
from customers.actions.contacts import CONTACT, CONTACT_BEGINS
from customers.desks import PROBLEM, Card, Deed, Desk, Open, Part, Rows, desk_part, desk_tab
from customers.list_facts import risk
from customers.models import Customer, Feedback
from ordermgmt.models import Activity, MessageState, OutgoingMessage
from ordermgmt.timelines import by_day, field_changes

MOST, MOST_OPEN = 100, 10
# They end within minutes: sending one again would only puzzle.
SHORT_LIVED = ("order_code", "order_link", "subscription_code", "subscription_link")


def contacts(numbers: list[str]) -> QuerySet[Activity]:
    """Lines of history that say that somebody of us talked with these customers."""
    spoken = Q(verb__in=CONTACT)
    for beginning in CONTACT_BEGINS:
        spoken |= Q(verb__startswith=beginning)
    return Activity.objects.filter(spoken, subject__in=numbers)


def messages_to(customer: Customer) -> QuerySet[OutgoingMessage]:
    """Everything written about the customer, their orders and subscriptions; found by threads, not by an e-mail
    address that several people may share."""
    of_theirs = Q(thread=customer.number)
    for relation in ("orders", "subscriptions", "tickets"):
        of_theirs |= Q(thread__in=getattr(customer, relation).values("number"))
    return OutgoingMessage.objects.filter(of_theirs)


@risk
def unhappy() -> QuerySet[Any]:
    """Gave a low score, and nobody has put it right."""
    return Feedback.objects.low().values("customer")


@desk_part(rank=60)
def contact_of(desk: Desk) -> Part:
    """When we last talked or wrote, and what was promised."""
    spoken = contacts([desk.customer.number]).order_by("-at", "-pk").first()
    written = messages_to(desk.customer).filter(state=MessageState.SENT).order_by("-sent_at", "-pk")
    last = written.values_list("sent_at", "subject_line").first()
    facts: dict[str, Any] = {"spoken": spoken, "written": last}
    return Part(
        open=_unhappy(desk),
        deeds=_privacy(desk),
        cards=[Card(template="customers/cards/contact.html", facts=facts, rank=40)],
        contact_at=_later(spoken.at if spoken else None, last[0] if last else None),
    )


def _privacy(desk: Desk) -> list[Deed]:
    if not (desk.may("customers.export") or desk.may("customers.erase")):
        return []
    url = reverse("customer_privacy", args=[desk.customer.number])
    return [Deed(label=_("Data we hold"), url=url, icon="shield", rank=90)]


def _unhappy(desk: Desk) -> list[Open]:
    """Low scores that nobody has put right."""
    rows = Feedback.objects.low().filter(customer=desk.customer).order_by("given_at")[:MOST_OPEN]
    return [
        Open(
            number=row.order_number, url=reverse("feedback", args=[row.pk]), tone="warn", since=row.given_at, rank=PROBLEM - 5,
            words=_("Unhappy: %(score)s of 5. %(comment)s") % {"score": row.score, "comment": row.comment[:120]},
        )
        for row in rows
    ]  # fmt: skip


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment), default=None)


@desk_tab("feedback", gettext_lazy("Feedback"), rank=60, permission="customers.view")
def feedback_rows(desk: Desk) -> Rows:
    """What they said of their orders, newest first, and the mean of their scores."""
    rows = list(Feedback.objects.given().filter(customer=desk.customer).order_by("-given_at", "-pk")[:MOST])
    scores = [row.score for row in rows if row.score]
    mean = sum(scores) / len(scores) if scores else None
    return Rows(template="customers/tabs/feedback.html", facts={"rows": rows, "mean": mean})


@desk_tab("messages", gettext_lazy("Messages"), rank=50, permission="messages.view")
def message_rows(desk: Desk) -> Rows:
    """The newest hundred, each opening as the customer got it."""
    rows = messages_to(desk.customer).defer("html", "context", "text").order_by("-created_at", "-pk")[:MOST]
    may = desk.may("messages.resend")
    return Rows(
        template="customers/tabs/messages.html", facts={"rows": [(row, may and _may_resend(row)) for row in rows]}
    )


def _may_resend(row: OutgoingMessage) -> bool:
    return bool(row.recipient) and row.state in (MessageState.SENT, MessageState.DEAD) and row.kind not in SHORT_LIVED


@desk_tab("changes", gettext_lazy("Changes"), rank=90, permission="customers.view")
def changes(desk: Desk) -> Rows:
    """What was done to the record itself, and field by field what it was before."""
    lines = Activity.objects.filter(subject=desk.customer.number).order_by("-at", "-pk")[:MOST]
    return Rows(
        template="customers/tabs/changes.html",
        facts={"days": by_day(lines, now=desk.now), "fields": field_changes(desk.customer)},
    )
