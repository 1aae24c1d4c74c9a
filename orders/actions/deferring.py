"""Revenue that is billed and not yet earned: written with the invoice, and taken back with the credit note."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ordermgmt.money import ZERO
from orders.billing_states import CreditReason, RecognitionRule
from orders.invoice_sums import is_charge_cause
from orders.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, RevenueEntry
from orders.recognition import by_days, give_back, with_deliveries
from orders.states import LineKind

# What these give back is not delivered any more: the last deliveries first.
NOT_DELIVERED = (CreditReason.TERM, CreditReason.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class Billed:
    """An invoice as it was written; `deliveries` it pays for in advance, and lines (by position) earned over a time."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]
    deliveries: int = 1
    over: dict[int, tuple[date, date]]


def defer(billed: Iterable[Billed]) -> None:
    """Inside the caller's transaction (lines saved): say when each line is earned, in one statement for all."""
    RevenueEntry.objects.bulk_create(entry for one in billed for entry in entries_of(one))


def entries_of(billed: Billed) -> Iterable[RevenueEntry]:
    """When each line of an invoice is earned; nothing is saved."""
    shared = _value_of_deliveries(billed)
    for line in billed.lines:
        rule = _rule(billed, line)
        for part, (due_on, amount) in enumerate(_parts(billed, line, rule, shared), start=1):
            if amount:
                yield _entry(line, rule, part, amount, due_on)


def _value_of_deliveries(billed: Billed) -> dict[int, list[Decimal]]:
    """By position: the goods' lines together are worth what each delivery is (`Delivery.value`)."""
    goods = [line for line in billed.lines if _rule(billed, line) == RecognitionRule.AT_DELIVERY]
    own = [line for line in goods if not is_charge_cause(line.cause)]
    parts = with_deliveries([line.net for line in own], billed.deliveries, billed.invoice.currency)
    return {line.position: amounts for line, amounts in zip(own, parts, strict=True)}


def _parts(
    billed: Billed, line: InvoiceLine, rule: str, shared: dict[int, list[Decimal]]
) -> list[tuple[date | None, Decimal]]:
    """When (where a day is known) and how much of a line."""
    if rule == RecognitionRule.OVER_TIME:
        return list(by_days(line.net, *billed.over[line.position], billed.invoice.currency))
    if rule == RecognitionRule.AT_ONCE:
        return [(None, line.net)]
    alone = with_deliveries([line.net], billed.deliveries, billed.invoice.currency)[0]
    return [(None, amount) for amount in shared.get(line.position, alone)]


def _rule(billed: Billed, line: InvoiceLine) -> RecognitionRule:
    """Goods when they are delivered; what is not sent (tips, a proration) when it is billed."""
    if line.position in billed.over:
        return RecognitionRule.OVER_TIME
    is_service = line.order_line is not None and line.order_line.kind == LineKind.SERVICE
    is_paid_ahead = billed.deliveries > 1 or billed.invoice.cause.startswith("change:")
    is_sent = billed.invoice.order_id is not None or is_paid_ahead
    if is_service or not is_sent or line.cause.startswith("rounding:"):
        return RecognitionRule.AT_ONCE
    return RecognitionRule.AT_DELIVERY


def _entry(line: InvoiceLine, rule: str, part: int, amount: Decimal, due_on: date | None) -> RevenueEntry:
    booked_on = line.invoice.issued_on
    return RevenueEntry(
        invoice=line.invoice,
        invoice_line=line,
        rule=rule,
        part=part,
        amount=amount,
        currency=line.invoice.currency,
        booked_on=booked_on,
        due_on=due_on,
        recognised_on=booked_on if rule == RecognitionRule.AT_ONCE else None,
        cause=f"line:{line.pk}:{part}",
    )


def take_back(note: CreditNote, lines: Sequence[CreditNoteLine], deliveries: Sequence[int] = ()) -> None:
    """Inside the caller's transaction (note and lines saved): what is credited is not earned.

    It is taken from what is still deferred first, from the parts of these deliveries before others; the rest lowers
    what was earned, on the day of the note.
    """
    kept = _open_parts([line.invoice_line_id for line in lines])
    for rows in kept.values():
        # The last are taken first.
        rows.sort(key=lambda row: row[0].part in deliveries)
    entries: list[RevenueEntry] = []
    for line in lines:
        open_entries = kept[line.invoice_line_id]
        shares = give_back(
            line.net,
            [amount for _entry, amount in open_entries],
            from_the_end=note.reason in NOT_DELIVERED,
            currency=note.currency,
        )
        taken = zip(open_entries, shares, strict=True)
        entries += [_against(note, line, first, -share) for (first, _amount), share in taken if share]
        if earned := line.net - sum(shares, ZERO):
            entries.append(_earned_before(note, line, -earned))
    RevenueEntry.objects.bulk_create(entries)
    _close_what_is_level([line.invoice_line_id for line in lines], note)


Part = tuple[int, int]


def _deferred(line_ids: Sequence[int]) -> dict[Part, tuple[RevenueEntry, Decimal]]:
    """By line and part: its first entry and what is left of it, in their order; also parts that are level."""
    rows = RevenueEntry.objects.filter(invoice_line__in=line_ids, recognised_on=None)
    found: dict[Part, tuple[RevenueEntry, Decimal]] = {}
    for row in rows.order_by("invoice_line", "part", "pk"):
        first, amount = found.get((row.invoice_line_id, row.part), (row, ZERO))
        found[row.invoice_line_id, row.part] = (first, amount + row.amount)
    return found


def _open_parts(line_ids: Sequence[int]) -> dict[int, list[tuple[RevenueEntry, Decimal]]]:
    """By line: what can still be taken from its parts."""
    found: dict[int, list[tuple[RevenueEntry, Decimal]]] = defaultdict(list)
    for (line_id, _part), (first, amount) in _deferred(line_ids).items():
        if amount:
            found[line_id].append((first, amount))
    return found


def _against(note: CreditNote, line: CreditNoteLine, first: RevenueEntry, amount: Decimal) -> RevenueEntry:
    """It shares the fate of the part it lowers."""
    return RevenueEntry(
        invoice_id=first.invoice_id,
        invoice_line_id=first.invoice_line_id,
        credit_line=line,
        delivery_id=first.delivery_id,
        rule=first.rule,
        part=first.part,
        amount=amount,
        currency=note.currency,
        booked_on=note.issued_on,
        due_on=first.due_on,
        cause=f"credit:{line.pk}:{first.part}",
    )


def _earned_before(note: CreditNote, line: CreditNoteLine, amount: Decimal) -> RevenueEntry:
    return RevenueEntry(
        invoice_id=note.invoice_id,
        invoice_line_id=line.invoice_line_id,
        credit_line=line,
        rule=RecognitionRule.AT_ONCE,
        part=1,
        amount=amount,
        currency=note.currency,
        booked_on=note.issued_on,
        recognised_on=note.issued_on,
        cause=f"credit:{line.pk}:earned",
    )


def _close_what_is_level(line_ids: Sequence[int], note: CreditNote) -> None:
    """A part that was given back whole waits for nothing: its entries cancel each other on the day of the note."""
    level = [part for part, (_first, amount) in _deferred(line_ids).items() if not amount]
    for line_id, part in level:
        entries = RevenueEntry.objects.filter(invoice_line=line_id, part=part, recognised_on=None)
        entries.update(recognised_on=note.issued_on)
