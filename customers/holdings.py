"""What customers and the frame hold about a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import models
from customers.privacy import Holding, Person, erasure_obstacle, holds, impersonal
from ordermgmt.forgetting import WithoutPersonal
from ordermgmt.models import Activity, MailAddress, MailEvent, MessageState, OutgoingMessage

GONE = "(erased)"


def numbers_of(person: Person) -> Q:
    """Lines of history and messages of a person: their own, and those of their orders, subscriptions and tickets."""
    mine = Q(pk__in=person.pks)
    found = Q(thread__in=person.numbers) | Q(subject__in=person.numbers)
    for relation in ("orders", "subscriptions", "invoices", "tickets"):
        numbers = models.Customer.objects.filter(mine, **{f"{relation}__isnull": False}).values(f"{relation}__number")
        found |= Q(thread__in=numbers) | Q(subject__in=numbers)
    return found


def threads_of(person: Person) -> Q:
    found = Q(thread__in=person.numbers)
    for relation in ("orders", "subscriptions", "tickets"):
        rows = models.Customer.objects.filter(pk__in=person.pks, **{f"{relation}__isnull": False})
        found |= Q(thread__in=rows.values(f"{relation}__number"))
    return found


def _forget_trail(rows: QuerySet[Any], now: datetime) -> None:
    """The field-by-field history of the records themselves."""
    kind = ContentType.objects.get_for_model(rows.model)
    LogEntry.objects.filter(
        content_type=kind, object_pk__in=[str(pk) for pk in rows.values_list("pk", flat=True)]
    ).delete()


def _end_feedback(rows: QuerySet[Any], now: datetime) -> None:
    rows.filter(expires_at__gt=now).update(expires_at=now)


def _withdraw(rows: QuerySet[Any], now: datetime) -> None:
    rows.filter(state=MessageState.WAITING).update(state=MessageState.WITHDRAWN, due_at=None)


def _delete_files(rows: QuerySet[Any], now: datetime) -> None:
    """The bytes, unless somebody else's row names the same ones."""
    for name in set(rows.values_list("file", flat=True)):
        if name and not rows.model._default_manager.filter(file=name).exclude(pk__in=rows.values("pk")).exists():
            default_storage.delete(name)


holds(
    Holding(
        model=models.Customer, title=gettext_lazy("Customer"), find=lambda p: models.Customer.objects.filter(pk__in=p.pks),
        personal=("name", "company", "email", "phone", "phone_digits", "vat_id", "tags", "note", "blocked_reason"),
        replaced={
            "name": Concat(Value("Erased "), F("number")), "company": "", "email": "", "phone": "", "phone_digits": "",
            "vat_id": "", "tags": [], "note": "", "blocked_reason": "",
        },
        after=_forget_trail,
    ),
    Holding(
        model=models.Address, title=gettext_lazy("Addresses"),
        find=lambda p: models.Address.objects.filter(customer__in=p.pks),
        personal=("name", "company", "line1", "line2", "city", "region", "postcode", "phone", "label"),
        replaced=dict.fromkeys(("name", "company", "line1", "line2", "city", "region", "postcode", "phone", "label"), ""),
        after=_forget_trail,
    ),
    Holding(
        model=models.Consent, title=gettext_lazy("Consents"), find=lambda p: models.Consent.objects.filter(customer__in=p.pks),
        personal=("source",), replaced={"source": ""},
    ),
    Holding(
        model=models.ChannelIdentity, title=gettext_lazy("Known to shops as"),
        find=lambda p: models.ChannelIdentity.objects.filter(customer__in=p.pks), personal=("external_id",), is_deleted=True,
    ),
    Holding(
        model=models.FollowUp, title=gettext_lazy("Follow-ups"),
        find=lambda p: models.FollowUp.objects.filter(customer__in=p.pks), personal=("text",), replaced={"text": GONE},
    ),
    Holding(
        model=models.Ticket, title=gettext_lazy("Tickets"), find=lambda p: models.Ticket.objects.filter(customer__in=p.pks),
        personal=("subject", "name", "email"), hidden=("token", "form_key"),
        replaced={"subject": GONE, "name": "", "email": ""},
    ),
    Holding(
        model=models.TicketFile, title=gettext_lazy("Files of tickets"),
        find=lambda p: models.TicketFile.objects.filter(message__ticket__customer__in=p.pks),
        personal=("name", "file"), is_deleted=True, after=_delete_files,
    ),
    Holding(
        model=models.InboundMail, title=gettext_lazy("Mails that came in"),
        find=lambda p: models.InboundMail.objects.filter(message__ticket__customer__in=p.pks),
        personal=("sender", "subject", "file"), replaced={"sender": "", "subject": "", "file": ""}, after=_delete_files,
    ),
    Holding(
        model=models.TicketMessage, title=gettext_lazy("Messages of tickets"),
        find=lambda p: models.TicketMessage.objects.filter(ticket__customer__in=p.pks),
        personal=("author", "body", "quoted", "message_id"), hidden=("form_key",),
        replaced={"author": GONE, "body": GONE, "quoted": "", "message_id": None},
    ),
    Holding(
        model=models.Feedback,
        title=gettext_lazy("Feedback"),
        find=lambda p: models.Feedback.objects.filter(customer__in=p.pks),
        personal=("comment", "phone", "answer", "token"),
        plain=("order_number", "contents", "reasons"),
        hidden=("token",),
        replaced={"comment": "", "phone": "", "answer": ""},
        kept=gettext_lazy("Scores stay, without words"),
        after=_end_feedback,
    ),
    Holding(
        model=MailEvent, title=gettext_lazy("What mail providers told"),
        find=lambda p: MailEvent.objects.filter(message__in=OutgoingMessage.objects.filter(threads_of(p))),
        personal=("recipient", "reason", "payload"), replaced={"recipient": "", "reason": "", "payload": {}},
    ),
    Holding(
        model=MailAddress, title=gettext_lazy("Known of the e-mail address"),
        find=lambda p: MailAddress.objects.filter(address__in=[email.lower() for email in p.emails]),
        personal=("address", "reason"), is_deleted=True,
    ),
    Holding(
        model=OutgoingMessage, title=gettext_lazy("Messages sent"), find=lambda p: OutgoingMessage.objects.filter(threads_of(p)),
        personal=("recipient", "subject_line", "text", "html", "context", "headers"),
        hidden=("html", "context", "fence", "lease_until", "attempts"),
        replaced={"recipient": "", "subject_line": GONE, "text": GONE, "html": "", "context": {}, "headers": {}},
        after=_withdraw,
    ),
    Holding(
        model=Activity,
        plain=("ip", "request_id"), title=gettext_lazy("History"), find=lambda p: Activity.objects.filter(numbers_of(p)),
        personal=("facts",), hidden=("actor_id",), replaced={"facts": WithoutPersonal("facts")},
    ),
)  # fmt: skip

impersonal(
    CannedReply="texts of ours", ApiClient="machines", IdempotencyKey="deleted after 30 days by clear_old_rows",
    StoredDocument="named by the paper it holds; its bytes are erased with that", ExceptionItem="closed with its cause",
    ExceptionSubject="numbers", Installation="this installation", KpiDay="sums", KpiMark="sums", KpiTarget="staff",
    KpiNote="staff", NumberSeries="counters", JobRun="machine", WorkerBeat="machine", BooksProof="numbers of records",
    ImportRun="a file of many people, kept by the person who uploaded it", SavedView="staff", TemplateVersion="texts of ours",
    SendRule="settings", User="staff", RoleGrant="staff", Duty="staff", KnownProblem="places and carriers",
    KpiPlace="settings",
    HiddenConcern="staff",
    KpiDigest="staff and figures",
    BooksMark="sums", BooksRound="numbers of records", RuleLook="machine",
    PersonalExport="a copy of what is held; deleted with an erasure",
)  # fmt: skip


@erasure_obstacle
def open_matters(person: Person) -> Iterable[str]:
    """Tickets that somebody still works on, things promised."""
    tickets = models.Ticket.objects.living().filter(customer__in=person.pks).values_list("number", flat=True)
    yield from (_("%(number)s is not solved. Solve it first.") % {"number": number} for number in tickets[:5])
    if models.FollowUp.objects.open().filter(customer__in=person.pks).exists():
        yield _("A follow-up is not done. Do it first.")
