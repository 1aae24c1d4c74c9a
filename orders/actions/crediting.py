"""Credit notes: an invoice is never edited; what is taken back of it is written beside it, in a series of its own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.documents import request_documents
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.money import ZERO, round_money
from ordermgmt.numbering import next_gapless
from ordermgmt.retrying import retries_conflicts
from ordermgmt.templatetags.portal import money as money_words
from orders.actions.deferring import take_back
from orders.actions.posting import hash_of
from orders.actions.returning_money import GiveBack, settle_credit
from orders.actions.taking_money import lock_invoice
from orders.billing_states import CreditReason
from orders.crediting_sums import Credited, add_up, amount_part, units_part
from orders.invoice_mails import credit_note_message
from orders.invoice_sums import Amounts
from orders.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine


class CreditRefused(Exception):
    """The credit note cannot be written so; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class CreditPart:
    """Units of an invoice line, or an amount of it (tax included) when `gross` is given."""

    line_id: int
    units: int = 0
    gross: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class CreditRow:
    """A line of a credit note to be."""

    line: InvoiceLine
    units: int
    amounts: Amounts


@retries_conflicts
@transaction.atomic(durable=True)
def credit(
    invoice_id: int,
    *,
    parts: Sequence[CreditPart],
    reason: str,
    cause: str,
    by: User | str,
    now: datetime,
    note: str = "",
    give_back: GiveBack = GiveBack.LATER,
) -> CreditNote:
    """Write a credit note, once per `cause`. What was paid for it goes where `give_back` says. Raises CreditRefused."""
    invoice = lock_invoice(invoice_id)
    made = credit_locked(invoice, parts=parts, reason=reason, cause=cause, by=by, now=now, note=note)
    settle_credit(invoice, made, give_back=give_back, by=by, now=now)
    credit_note_message(made, now=now)
    return made


def credit_locked(
    invoice: Invoice,
    *,
    parts: Sequence[CreditPart],
    reason: str,
    cause: str,
    by: User | str,
    now: datetime,
    note: str = "",
    deliveries: Sequence[int] = (),
) -> CreditNote:
    """Inside the caller's transaction (`lock_invoice`): write the note; the caller settles. Raises CreditRefused.

    `deliveries`: which of those that the invoice pays for in advance do not come.
    """
    if existing := CreditNote.objects.filter(cause=cause).first():
        return existing
    rows = credit_rows(invoice, parts)
    facts = {"reason": reason, "cause": cause, "note": note[:300], "issued_by": str(by)}
    made, lines = _number_and_save(invoice, rows, facts, now)
    take_back(made, lines, deliveries)
    invoice.credited += made.gross_total
    invoice.save(update_fields=["credited"])
    _tell(made, invoice, by=by, now=now)
    return made


def everything(invoice: Invoice) -> list[CreditPart]:
    """All that stands of an invoice."""
    before = credited_before(invoice)
    parts = []
    for line in invoice.lines.order_by("position"):
        had = before.get(line.pk, Credited())
        if line.net + line.tax != had.all.gross or line.quantity > had.units:
            parts.append(CreditPart(line_id=line.pk, units=line.quantity - had.units))
    return parts


def credit_rows(invoice: Invoice, parts: Sequence[CreditPart]) -> list[CreditRow]:
    """What the parts are worth; also what a page shows before it is done. Raises CreditRefused."""
    lines = {line.pk: line for line in invoice.lines.all()}
    before = credited_before(invoice)
    rows = [_row(lines, before, part, invoice.currency) for part in parts if part.units or part.gross]
    rows += [
        CreditRow(line=lines[part.line_id], units=0, amounts=_left(lines[part.line_id], before))
        for part in parts
        if not part.units and part.gross is None and part.line_id in lines
    ]
    gross = sum((row.amounts.gross for row in rows), ZERO)
    if not rows or gross <= 0:
        raise CreditRefused(_("Say what is to be credited: units or an amount of at least one line."))
    if gross > invoice.gross_total - invoice.credited - invoice.written_off:
        raise CreditRefused(_("That is more than is left of invoice %(number)s.") % {"number": invoice.number})
    return rows


def credited_before(invoice: Invoice) -> dict[int, Credited]:
    """What was credited of each line already, by its id."""
    rows: dict[int, list[tuple[int, Decimal, Decimal]]] = defaultdict(list)
    found = CreditNoteLine.objects.filter(invoice_line__invoice=invoice)
    for pk, units, net, tax in found.values_list("invoice_line_id", "quantity", "net", "tax"):
        rows[pk].append((units, net, tax))
    return {pk: add_up(each) for pk, each in rows.items()}


def _left(line: InvoiceLine, before: dict[int, Credited]) -> Amounts:
    return Amounts(net=line.net, tax=line.tax).minus(before.get(line.pk, Credited()).all)


def _row(lines: dict[int, InvoiceLine], before: dict[int, Credited], part: CreditPart, currency: str) -> CreditRow:
    if part.line_id not in lines:
        raise CreditRefused(_("A line is not part of this invoice."))
    line = lines[part.line_id]
    had = before.get(line.pk, Credited())
    whole = Amounts(net=line.net, tax=line.tax)
    if part.gross is None:
        if part.units > line.quantity - had.units:
            facts = {"name": line.description, "units": line.quantity - had.units}
            raise CreditRefused(_("%(name)s: only %(units)s can still be credited.") % facts)
        amounts = units_part(whole, of=line.quantity, units=part.units, before=had, currency=currency)
        return CreditRow(line=line, units=part.units, amounts=amounts)
    gross, left = round_money(part.gross, currency), whole.minus(had.all).gross
    if abs(gross) > abs(left) or gross * left < 0:
        facts = {"name": line.description, "left": money_words(left, currency)}
        raise CreditRefused(_("%(name)s: only %(left)s can still be credited.") % facts)
    return CreditRow(line=line, units=0, amounts=amount_part(whole, gross=gross, before=had, currency=currency))


def _number_and_save(
    invoice: Invoice, rows: Sequence[CreditRow], facts: dict[str, str], now: datetime
) -> tuple[CreditNote, list[CreditNoteLine]]:
    """Everything is computed before the series is locked; dates never fall behind the number before."""
    net = sum((row.amounts.net for row in rows), ZERO)
    tax = sum((row.amounts.tax for row in rows), ZERO)
    today = business_day(now)
    series = f"CN-{today.year}"
    number = next_gapless(series)
    made = CreditNote(
        number=number,
        series=series,
        sequence=int(number.rpartition("-")[2]),
        invoice=invoice,
        currency=invoice.currency,
        issued_on=max(today, _last_date(series) or today),
        issued_at=now,
        seller=dict(settings.SHOP),
        buyer=invoice.buyer,
        net_total=net,
        tax_total=tax,
        gross_total=net + tax,
        **facts,
    )
    lines = [_line(made, position, row) for position, row in enumerate(rows, start=1)]
    made.facts_hash = facts_hash(made, lines)
    thread = str(invoice.order or invoice.subscription or "")
    (made.document,) = request_documents("credit_note", [number], thread=thread, now=now)
    made.save(force_insert=True)
    CreditNoteLine.objects.bulk_create(lines)
    return made, lines


def _last_date(series: str) -> date | None:
    """Read under the lock of the series: I22 wants numbers and dates to rise together."""
    return CreditNote.objects.filter(series=series).order_by("-sequence").values_list("issued_on", flat=True).first()


def _line(made: CreditNote, position: int, row: CreditRow) -> CreditNoteLine:
    return CreditNoteLine(
        credit_note=made,
        position=position,
        invoice_line=row.line,
        description=row.line.description,
        quantity=row.units,
        net=row.amounts.net,
        tax_rate=row.line.tax_rate,
        tax=row.amounts.tax,
        gross=row.amounts.gross,
    )


def _tell(made: CreditNote, invoice: Invoice, *, by: User | str, now: datetime) -> None:
    record(
        "credit_note.issued",
        "Credit note {number} over {total} {currency} issued: {reason}",
        subject=invoice.number,
        thread=str(invoice.order or invoice.subscription or ""),
        by=by,
        now=now,
        category=ActivityCategory.MONEY,
        number=made.number,
        total=str(round_money(made.gross_total, made.currency)),
        currency=made.currency,
        reason=str(CreditReason(made.reason).label),
    )


_HASHED = (
    *("number", "series", "sequence", "cause", "reason", "note", "currency", "issued_on", "issued_at"),
    *("seller", "buyer", "net_total", "tax_total", "gross_total"),
)
_HASHED_OF_LINE = ("position", "invoice_line_id", "description", "quantity", "net", "tax_rate", "tax", "gross")


def facts_hash(note: CreditNote, lines: Sequence[CreditNoteLine]) -> str:
    """SHA-256 over everything the credit note states."""
    return hash_of({"invoice": note.invoice_id}, note, _HASHED, lines, _HASHED_OF_LINE)
