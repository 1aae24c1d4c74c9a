"""What customers want from us: tickets, their messages and files, canned replies, and the mail they come by."""

from secrets import token_hex
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer
from customers.ticket_states import (
    LIVING,
    TICKET_MOVES,
    UNDONE,
    Direction,
    MailState,
    TicketChannel,
    TicketPriority,
    TicketStatus,
    TicketTopic,
)
from ordermgmt.looks import ACTIVE, BACK, GOOD, SETTLED, WAITING, Look
from ordermgmt.models.leases import Leased
from ordermgmt.states import Stateful


def new_token() -> str:
    """Part of the address replies come back to; letters and digits, because mail ignores capitals."""
    return token_hex(10)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def living(self) -> "TicketQuerySet":
        return self.filter(status__in=LIVING)

    def past_target(self, now: object) -> "TicketQuerySet":
        return self.filter(due_at__lt=now)

    def about(self, number: str) -> "TicketQuerySet":
        """Those of a record that a page shows, newest first; merged ones are in the one that is left."""
        return self.filter(about=number, merged_into=None).order_by("-pk")


class Ticket(Stateful):
    """One matter of one customer. `due_at` is the nearest target while we owe something, else null."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    status = models.CharField(_("state"), max_length=10, choices=TicketStatus.choices, default=TicketStatus.NEW)
    subject = models.CharField(_("subject"), max_length=200)
    topic = models.CharField(_("topic"), max_length=10, choices=TicketTopic.choices, default=TicketTopic.OTHER)
    priority = models.CharField(
        _("priority"), max_length=8, choices=TicketPriority.choices, default=TicketPriority.NORMAL
    )
    channel = models.CharField(_("came by"), max_length=8, choices=TicketChannel.choices)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets")
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    language = models.CharField(max_length=10, default="en-gb")
    about = models.CharField(_("about"), max_length=40, blank=True, help_text=_("SO-…, SUB-… or RT-…"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    form_key = models.CharField(max_length=40, unique=True, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("opened"))
    last_in_at = models.DateTimeField(_("customer wrote"), null=True, blank=True)
    last_out_at = models.DateTimeField(_("we answered"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    waiting_at = models.DateTimeField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    answer_due_at = models.DateTimeField(_("answer by"), null=True, blank=True)
    solve_due_at = models.DateTimeField(_("solve by"))
    due_at = models.DateTimeField(_("target"), null=True, blank=True)

    moves: ClassVar = TICKET_MOVES
    stamps: ClassVar = {
        TicketStatus.WAITING: "waiting_at",
        TicketStatus.SOLVED: "solved_at",
        TicketStatus.CLOSED: "closed_at",
    }
    STATE_LOOKS: ClassVar[dict[str, Look]] = {
        "new": WAITING,
        "open": ACTIVE,
        "waiting": BACK,
        "solved": GOOD,
        "closed": SETTLED,
    }
    objects: ClassVar = TicketQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(status=TicketStatus.CLOSED), name="ticket_merged_is_closed"
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNDONE, due_at__isnull=False)
                | (~Q(status__in=UNDONE) & Q(due_at=None, answer_due_at=None)),
                name="ticket_due_while_undone",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at", "id"], name="ticket_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["assignee", "status"], name="ticket_assignee"),
            models.Index(fields=["about"], name="ticket_about"),
            models.Index(fields=["email"], name="ticket_email"),
            models.Index(fields=["-created_at", "-id"], name="ticket_created"),
            models.Index(fields=["solved_at"], name="ticket_solved", condition=Q(status="solved")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("ticket", args=[self.number])

    @property
    def who(self) -> str:
        return str(self.customer) if self.customer else self.name or self.email or str(_("Unknown"))

    @property
    def is_living(self) -> bool:
        return self.current_status in LIVING

    @property
    def is_undone(self) -> bool:
        return self.current_status in UNDONE


class TicketMessage(models.Model):
    """What was said. `ticket` shows it now, `written_to` is where it was written (they differ after a merge).

    `message_id` is unique: a mail that arrives twice is one message. `form_key` does the same for a form sent twice.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    written_to = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="written")
    direction = models.CharField(max_length=4, choices=Direction.choices)
    author = models.CharField(_("author"), max_length=254)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    body = models.TextField(_("text"))
    quoted = models.TextField(_("quoted text"), blank=True)
    at = models.DateTimeField()
    message_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    form_key = models.CharField(max_length=40, unique=True, null=True, blank=True, editable=False)
    is_automatic = models.BooleanField(_("written by a machine"), default=False)
    is_stranger = models.BooleanField(_("from another address"), default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ticket", "at", "id"], name="ticket_message_order")]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%Y-%m-%d %H:%M}"


class TicketFile(models.Model):
    """A file that came or went with a message; its bytes are named by their hash and only ever handed out as a download."""

    message = models.ForeignKey(TicketMessage, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("name"), max_length=120)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=200, help_text=_("Name in the storage"))

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["message", "sha256", "name"], name="ticket_file_once")]

    def __str__(self) -> str:
        return self.name


class CannedReply(models.Model):
    """A text many need; {fields} are filled from the ticket when it is chosen."""

    name = models.CharField(_("name"), max_length=80)
    body = models.TextField(_("text"))
    topic = models.CharField(
        _("topic"), max_length=10, choices=TicketTopic.choices, blank=True, help_text=_("Offered first there")
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = _("canned replies")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], condition=Q(archived_at=None), name="canned_reply_name")
        ]

    def __str__(self) -> str:
        return self.name


class InboundMail(Leased):
    """A mail as it came, before anybody understood it: kept first, worked after."""

    sha256 = models.CharField(max_length=64, unique=True)
    file = models.CharField(max_length=200, help_text=_("Name in the storage"))
    size = models.PositiveIntegerField(_("bytes"))
    source = models.CharField(_("came by"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=MailState.choices, default=MailState.WAITING)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    message = models.ForeignKey(TicketMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails")
    received_at = models.DateTimeField(_("came"))

    WHEN_DEAD: ClassVar = {"state": MailState.DEAD}
    WHEN_ALIVE: ClassVar = {"state": MailState.WAITING}

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="inbound_mail_due", condition=Q(state="waiting")),
            models.Index(fields=["state", "-received_at"], name="inbound_mail_state"),
        ]

    def __str__(self) -> str:
        return f"{self.sender}: {self.subject}"
