"""What the cards of a subscription's page show."""

from calendar import Calendar
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.urls import resolve, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.models import StockLevel
from ordermgmt.templatetags import portal
from orders.billing_states import LIVE_DUNNING, ChargeStatus, DeliveryStatus
from orders.models import Charge, Delivery, Dunning, Subscription
from orders.payments.declines import decline_words
from orders.subscription_words import contents_of, why_not_sent
from orders.upcoming import Upcoming

MONTHS_SHOWN = 4
PAST_SHOWN = 12
# Stock is only said of deliveries near enough to mean something.
STOCK_DAYS = 21


def coming_rows(s: Subscription, coming: Sequence[Upcoming], today: date) -> list[dict[str, Any]]:
    """Each delivery with its words: contents, charge, closing time, why this day, stock."""
    free, prices = _free(coming, today), _Prices()
    skipped = _skip_days(s)
    return [
        {
            "one": one,
            "is_skipped": one.status == DeliveryStatus.SKIPPED,
            "items": contents_of(one.priced),
            "charge": _charge(one),
            "why_skipped": _why_skipped(one, skipped),
            "notes": [*_why_this_day(one), *prices.why(one, s)],
            "stock": _stock(one, free) if (one.leaves_on - today).days <= STOCK_DAYS else None,
        }
        for one in coming
    ]


def _charge(one: Upcoming) -> str:
    if one.priced and one.priced.is_free and not one.amount:
        return _("free: trial")
    if one.priced and one.priced.is_free and one.invoice:
        return _("free: trial; what is beside it is charged on %(day)s") % {
            "day": portal.weekday_words(one.invoice.charge_on)
        }
    if one.invoice is None:
        return _("paid in advance")
    facts = {"day": portal.weekday_words(one.invoice.charge_on), "n": one.invoice.deliveries}
    if one.invoice.deliveries == 1:
        return _("charge %(day)s") % facts
    return _("charge %(day)s, pays for %(n)d deliveries") % facts


def _skip_days(s: Subscription) -> dict[int, datetime]:
    rows = Delivery.objects.filter(subscription=s, status=DeliveryStatus.SKIPPED)
    return {number: at for number, at in rows.values_list("number", "skipped_at") if at}


def _why_skipped(one: Upcoming, skipped: dict[int, datetime]) -> str:
    why, at = why_not_sent(one), skipped.get(one.number)
    return f"{why}, {portal.day_words(at)}" if why and at else why


def _why_this_day(one: Upcoming) -> list[str]:
    if one.moved_from:
        return [_("moved from %(day)s") % {"day": portal.weekday_words(one.moved_from)}]
    if one.is_shifted:
        return [_("closed on %(day)s: leaves before") % {"day": portal.weekday_words(one.dates.planned_on)}]
    return []


class _Prices:
    """Says a price once, where it becomes another."""

    def __init__(self) -> None:
        self.last: Decimal | None = None

    def why(self, one: Upcoming, s: Subscription) -> list[str]:
        if one.invoice is None or one.invoice.is_free or one.priced is None:
            return []
        before, self.last = self.last, one.invoice.amount
        if before is None or before == one.invoice.amount:
            return []
        if one.priced.is_announced:
            return [_("new price, announced")]
        return [_("then without the discount")] if before < one.invoice.amount and not one.priced.discount else []


def _free(coming: Sequence[Upcoming], today: date) -> dict[int, int]:
    near = [one.priced for one in coming if one.priced and (one.leaves_on - today).days <= STOCK_DAYS]
    skus = {part.good.pk for priced in near for part in priced.parts}
    units = F("on_hand") - F("unsaleable") - F("allocated") - F("safety")
    rows = StockLevel.objects.filter(sku__in=skus).order_by().values_list("sku").annotate(n=Sum(units))
    return dict(rows)


def _stock(one: Upcoming, free: dict[int, int]) -> tuple[str, str] | None:
    """(tone, words) of whether what it holds is there."""
    if one.priced is None or one.status != DeliveryStatus.SCHEDULED:
        return None
    lacking = [part.good.name for part in one.priced.parts if free.get(part.good.pk, 0) < part.quantity]
    return ("warn", _("short: %(items)s") % {"items": ", ".join(lacking)}) if lacking else ("good", _("in stock"))


def months_of(coming: Sequence[Upcoming], today: date) -> list[dict[str, Any]]:
    """Calendar sheets from this month to that of the last delivery shown, at most four."""
    days = {one.leaves_on: one for one in coming}
    last = max(days, default=today)
    count = min(MONTHS_SHOWN, (last.year - today.year) * 12 + last.month - today.month + 1)
    firsts = [_month_after(today.replace(day=1), n) for n in range(count)]
    return [
        {
            "title": date_format(first, "F Y"),
            "weeks": [
                [{"day": day, "is_in": day.month == first.month, "one": days.get(day) if day.month == first.month else None} for day in week]
                for week in Calendar().monthdatescalendar(first.year, first.month)
            ],
        }
        for first in firsts
    ]  # fmt: skip


def _month_after(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def past_of(s: Subscription) -> dict[str, Any]:
    """What was delivered, left out and could not be charged, and the latest orders."""
    rows = Delivery.objects.filter(subscription=s)
    ordered = rows.filter(status=DeliveryStatus.ORDERED)
    declined = Charge.objects.filter(invoice__subscription=s, status=ChargeStatus.DECLINED)
    return {
        "latest": list(ordered.select_related("order", "cycle__invoice").order_by("-number")[:PAST_SHOWN]),
        "ordered": ordered.count(),
        "skipped": rows.filter(status=DeliveryStatus.SKIPPED).exclude(skip_reason="pause").count(),
        "declined": declined.count(),
    }


def problems_of(s: Subscription, reader: Any) -> list[dict[str, Any]]:
    """Why it does not go on: an invoice that is not paid, a delivery that waits for a decision; with what the reader may open."""
    cases = Dunning.objects.filter(invoice__subscription=s, status__in=LIVE_DUNNING).select_related("invoice")
    parked = Delivery.objects.filter(subscription=s, parked_at__isnull=False, is_next=True)
    unpaid = cases.prefetch_related("invoice__charges").order_by("pk")
    return [*(_unpaid(case, reader) for case in unpaid), *(_parked(row, reader) for row in parked)]


def _unpaid(case: Dunning, reader: Any) -> dict[str, Any]:
    invoice = case.invoice
    facts = {"invoice": invoice.number, "sum": portal.money(invoice.balance, invoice.currency)}
    tries = [c for c in invoice.charges.all() if c.current_status == ChargeStatus.DECLINED]
    said = ngettext("%(n)d attempt failed", "%(n)d attempts failed", len(tries)) % {"n": len(tries)}
    reason = f": {decline_words(case.reason)}" if case.reason else ""
    return {
        "what": _("%(invoice)s over %(sum)s is not paid") % facts,
        "tone": "bad",
        "since": portal.when(case.opened_at),
        "owner": _("Finance"),
        "next": f"{said}{reason}. {_next_step(case)}",
        "actions": _links(reader, (_("Dunning"), "dunning_list", ()), (_("Invoice"), "invoice", (invoice.number,))),
    }


def _next_step(case: Dunning) -> str:
    if case.waits_for_method:
        return _("Waits for another card")
    if case.promised_on:
        return _("Payment is promised for %(day)s") % {"day": portal.weekday_words(case.promised_on)}
    if case.next_at:
        return _("Next step %(when)s") % {"when": portal.weekday_words(case.next_at)}
    return _("Paused")


def _parked(row: Delivery, reader: Any) -> dict[str, Any]:
    return {
        "what": _("The delivery of %(day)s was not ordered: %(why)s") % {"day": portal.weekday_words(row.leaves_on), "why": row.parked_reason},
        "tone": "hold",
        "since": portal.when(row.parked_at),
        "owner": _("Manager"),
        "next": _("Decide whether it is sent, left out or moved"),
        "actions": _links(reader, (_("Renewals"), "renewals", ())),
    }  # fmt: skip


def _links(reader: Any, *wanted: tuple[str, str, tuple[str, ...]]) -> list[dict[str, str]]:
    """Those that the reader may open."""
    found = []
    for label, name, args in wanted:
        address = reverse(name, args=args)
        access = getattr(resolve(address).func, "access", ())
        if any(reader.has_perm(permission) for permission in access):
            found.append({"label": label, "href": address})
    return found
