"""Working a mail that was kept: into the ticket it answers, into a new one, or aside with the reason why."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions.ticket_files import MOST_FILES, Stored, attach, store
from customers.actions.ticket_opening import Wish, hear, start
from customers.actions.ticket_work import TicketRefused, lock_ticket, say
from customers.mail_reading import Mail, NotAMail, read_mail
from customers.models import Customer, InboundMail, Ticket, TicketMessage
from customers.ticket_panel import Named, named
from customers.ticket_states import Direction, MailState, TicketChannel, TicketStatus
from ordermgmt.history import SYSTEM
from ordermgmt.leases import NoRetry, finish
from ordermgmt.models import OutgoingMessage

# More mails of one address in an hour are set aside: somebody's machine, not somebody.
MOST_AN_HOUR = 20
_TOKEN = re.compile(r"\+t-([0-9a-f]{20})@")
_NUMBER = re.compile(r"(?<![\w-])((?:SO|SUB|RT)-\d{1,12})(?![\w-])", re.IGNORECASE)
_TICKET = re.compile(r"\[(T-\d{1,12})\]")


def work_mail(row: InboundMail, *, now: datetime) -> None:
    """Understand a claimed mail and put it where it belongs. Raises NoRetry for bytes that are no mail."""
    with default_storage.open(row.file) as file:
        raw = file.read()
    try:
        mail = read_mail(raw)
    except NotAMail as problem:
        raise NoRetry(str(problem)) from problem
    files, refused = _store(mail)
    with transaction.atomic(durable=True):
        facts = _place(mail, files, refused, now=now)
        finish(row, sender=mail.sender[:254], subject=mail.subject, **facts)


def _store(mail: Mail) -> tuple[list[Stored], list[str]]:
    """Files we take, before the transaction, and the names of those we do not."""
    kept, refused = list[Stored](), list[str]()
    for file in mail.files:
        try:
            if len(kept) >= MOST_FILES:
                raise TicketRefused(_("Send 10 files at most"))
            kept.append(store(file.name, file.content))
        except TicketRefused:
            refused.append(file.name)
    return kept, refused


def _place(mail: Mail, files: Sequence[Stored], refused: list[str], *, now: datetime) -> dict[str, object]:
    """Inside the caller's transaction: where the mail went, as facts of its row."""
    if known := TicketMessage.objects.filter(message_id=mail.message_id).first():
        return {"state": MailState.DUPLICATE, "message": known, "reason": ""}
    ticket = _answered(mail)
    if ticket is None and (why := _why_aside(mail, now)):
        return {"state": MailState.SET_ASIDE, "reason": why[:200]}
    message = _add(ticket, mail, files, refused, now=now) if ticket else _open(mail, files, refused, now=now)
    return {"state": MailState.DONE, "message": message, "reason": ""}


def _why_aside(mail: Mail, now: datetime) -> str:
    """Why nobody need answer it; people look at what was set aside and open a ticket from it when that is wrong."""
    if _is_ours(mail.sender):
        return "It comes from our own address"
    if mail.machine:
        return f"A machine wrote it: {mail.machine}"
    lately = TicketMessage.objects.filter(
        direction=Direction.IN, at__gt=now - timedelta(hours=1), written_to__email__iexact=mail.sender
    )
    return "Too many mails from this address in an hour" if lately.count() >= MOST_AN_HOUR else ""


def _is_ours(address: str) -> bool:
    local, _at, domain = address.lower().rpartition("@")
    for setting in (settings.SUPPORT_EMAIL, settings.DEFAULT_FROM_EMAIL, settings.SERVER_EMAIL):
        ours, _a, our_domain = parseaddr(setting)[1].lower().rpartition("@")
        if domain == our_domain and local.split("+")[0] == ours:
            return True
    return False


def _answered(mail: Mail) -> Ticket | None:
    """The ticket a mail belongs to: by the token in the address, by what it answers, by the number in its subject.

    The number alone could be guessed, so it counts only with the address the ticket is answered at.
    """
    tokens = [match[1] for address in mail.to if (match := _TOKEN.search(address))]
    ticket = Ticket.objects.filter(token__in=tokens).first() or _by_thread(mail) or _by_number(mail)
    while ticket is not None and ticket.merged_into_id is not None:
        ticket = ticket.merged_into
    return ticket


def _by_thread(mail: Mail) -> Ticket | None:
    if not mail.answers:
        return None
    said = TicketMessage.objects.filter(message_id__in=mail.answers).select_related("ticket").order_by("-pk").first()
    if said is not None:
        return said.ticket
    threads = OutgoingMessage.objects.filter(message_id__in=mail.answers, thread__startswith="T-").values("thread")
    return Ticket.objects.filter(number__in=threads).order_by("-pk").first()


def _by_number(mail: Mail) -> Ticket | None:
    found = _TICKET.search(mail.subject)
    return Ticket.objects.filter(number=found[1], email__iexact=mail.sender).first() if found else None


def _add(ticket: Ticket, mail: Mail, files: Sequence[Stored], refused: list[str], *, now: datetime) -> TicketMessage:
    """A closed ticket stays closed and a new one says which it follows; what machines write changes nothing."""
    ticket = lock_ticket(ticket.pk)
    while ticket.merged_into_id is not None:
        # Closes the race with a merge that was made since the ticket was found.
        ticket = lock_ticket(ticket.merged_into_id)
    if ticket.current_status == TicketStatus.CLOSED and not mail.machine:
        return _open(mail, files, refused, now=now, follows=ticket)
    facts = _message_facts(mail)
    is_stranger = bool(ticket.email) and mail.sender.lower() != ticket.email.lower()
    message = hear(ticket, _text(mail, refused), by=_who(mail), now=now, is_stranger=is_stranger, **facts)
    attach(message, files)
    return message


def _open(
    mail: Mail, files: Sequence[Stored], refused: list[str], *, now: datetime, follows: Ticket | None = None
) -> TicketMessage:
    """A new ticket, of the customer whose address it is, about the record it names or answers."""
    about = _about(mail)
    customer = (follows.customer if follows else None) or _customer(mail.sender)
    wish = Wish(
        subject=mail.subject, text=_text(mail, refused), channel=TicketChannel.MAIL, customer=customer,
        name=mail.sender_name, email=mail.sender, about=about.number if about else follows.about if follows else "",
        language=about.language if about else "",
    )  # fmt: skip
    ticket, message = start(wish, by=_who(mail), now=now, files=files, message=_message_facts(mail))
    if follows:
        say(ticket, Direction.NOTE, _("Follows %(number)s.") % {"number": follows.number}, by=SYSTEM, now=now)
    return message


def _about(mail: Mail) -> Named | None:
    """The order or subscription, when the sender is who it belongs to: numbers are no secret."""
    numbers = [match.upper() for match in _NUMBER.findall(f"{mail.subject}\n{mail.text[:4000]}")]
    threads = (
        OutgoingMessage.objects.filter(message_id__in=mail.answers).order_by("-pk").values_list("thread", flat=True)
    )
    for number in dict.fromkeys([*numbers[:5], *threads[:5]]):
        found = named(number)
        if found and mail.sender.lower() in _addresses(found):
            return found
    return None


def _addresses(found: Named) -> set[str]:
    return {email.lower() for email in (found.email, found.customer.email if found.customer else "") if email}


def _customer(email: str) -> Customer | None:
    """The one living customer with this address; none when several share it."""
    found = list(Customer.objects.live().with_email(email).order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def _message_facts(mail: Mail) -> dict[str, object]:
    return {
        "message_id": mail.message_id,
        "quoted": mail.quoted,
        "author": (mail.sender_name or mail.sender)[:254],
        "is_automatic": bool(mail.machine),
    }


def _text(mail: Mail, refused: list[str]) -> str:
    text = mail.text or (_("(no text)") if not mail.quoted else "")
    if refused:
        text += "\n\n" + _("Not kept, because we do not take such files: %(names)s") % {
            "names": ", ".join(refused)[:500]
        }
    return text[:20_000] or _("(no text)")


def _who(mail: Mail) -> str:
    return (mail.sender_name or mail.sender)[:120]


@transaction.atomic(durable=True)
def open_from_mail(mail_id: int, *, by: str, now: datetime) -> Ticket:
    """A person reads a mail that was set aside and finds that somebody wants something. Raises TicketRefused."""
    row = InboundMail.objects.select_for_update(of=("self",)).select_related("message__ticket").get(pk=mail_id)
    if row.message is not None:
        return row.message.ticket
    if row.state != MailState.SET_ASIDE:
        raise TicketRefused(_("It is being read. Try again in a minute."))
    with default_storage.open(row.file) as file:
        mail = read_mail(file.read())
    if known := TicketMessage.objects.filter(message_id=mail.message_id).select_related("ticket").first():
        message = known
    else:
        message = _open(mail, *_store(mail), now=now)
    row.state, row.message, row.reason = MailState.DONE, message, f"Opened by {by}"[:200]
    row.save(update_fields=["state", "message", "reason"])
    return message.ticket
