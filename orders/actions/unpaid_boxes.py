"""Boxes of subscriptions whose charge failed: they wait for the money, and hold no stock after their day.

Rule: subscriptions.md 2.9. What is settled, or is paid on invoice from now on, goes on by itself.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.clock import business_day
from ordermgmt.each import each
from ordermgmt.history import record
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from ordermgmt.roles import Role
from orders.actions.allocation import free_promised
from orders.actions.holds import AlreadyReleased, hold, release_hold
from orders.actions.progress import lock_order, refresh_status
from orders.billing_states import LIVE_DUNNING, Collection, DunningStatus
from orders.models import Dunning, Hold, Invoice
from orders.states import FulfilmentStatus, HoldCode, InvoiceStatus, OrderStatus, Stage

BY = SOURCE = "dunning"
TARGET_HOURS = 24
# A case that came to its last step without money keeps its box: it is owed when the customer comes back.
UNPAID = (*LIVE_DUNNING, DunningStatus.EXHAUSTED)
STILL_HERE = (FulfilmentStatus.UNFULFILLED, FulfilmentStatus.WAITING, FulfilmentStatus.IN_PROGRESS)


def mind_unpaid_boxes(*, now: datetime) -> dict[str, Any]:
    """The run: release what is settled, hold what is not paid, free the stock of what should have left.

    Safe to repeat and to run twice at once.
    """
    done: list[str] = []

    def work(row: tuple[str, int, str]) -> bool:
        word, pk, number = row
        act = {"released": _release, "held": _hold, "freed": _free}[word]
        is_done = act(pk, number, now)
        done.extend([word] * is_done)
        return is_done

    # Each list is read when the one before it is worked: what was released now is not held again.
    tally = each(_rows(now), work, number=lambda row: row[2])
    words = {word: done.count(word) for word in ("released", "held", "freed")}
    return words | {name: value for name, value in tally.summary("worked").items() if name != "worked"}


def _rows(now: datetime) -> Iterator[tuple[str, int, str]]:
    yield from [("released", pk, number) for pk, number in _settled()]
    yield from [("held", pk, number) for pk, number in _unheld()]
    yield from [("freed", pk, number) for pk, number in _overstayed(now)]


def _open() -> QuerySet[Hold]:
    return Hold.objects.open().filter(source=SOURCE, code=HoldCode.PAYMENT).order_by("pk")


def _settled() -> list[tuple[int, str]]:
    is_over = ~Q(status=InvoiceStatus.OPEN) | Q(subscription__collection=Collection.INVOICE)
    invoices = Invoice.objects.filter(is_over, number=OuterRef("handle"))
    return list(_open().filter(Exists(invoices)).values_list("pk", "order__number"))


def _unheld() -> list[tuple[int, str]]:
    """Orders that are still here, by themselves or in the cycle of an unpaid invoice; once per order and invoice.

    What staff released stays released.
    """
    cases = Dunning.objects.filter(status__in=UNPAID, invoice__status=InvoiceStatus.OPEN)
    cases = cases.exclude(invoice__subscription__collection=Collection.INVOICE)
    found: set[tuple[int, str]] = set()
    for path in ("invoice__order", "invoice__billing_cycle__paid_deliveries__order"):
        held = Hold.objects.filter(order=OuterRef(path), source=SOURCE, handle=OuterRef("invoice__number"))
        facts = {f"{path}__status": OrderStatus.ACCEPTED, f"{path}__fulfilment_status__in": STILL_HERE}
        found |= set(cases.filter(~Exists(held), **facts).values_list(path, "invoice__number"))
    return sorted(found)


def _overstayed(now: datetime) -> list[tuple[int, str]]:
    rows = _open().filter(keeps_stock=True)
    rows = rows.annotate(leaves_on=Coalesce("order__delivery__leaves_on", "order__promised_ship_on"))
    return list(rows.filter(leaves_on__lt=business_day(now)).values_list("pk", "order__number"))


def _release(hold_id: int, number: str, now: datetime) -> bool:
    try:
        release_hold(hold_id, by=BY, now=now)
    except AlreadyReleased:
        return False
    return True


@retries_conflicts
@transaction.atomic(durable=True)
def _hold(order_id: int, number: str, now: datetime) -> bool:
    order = lock_order(order_id)
    # Read under the order lock: closes the race with money that comes, and with a parcel that leaves.
    is_owed = Invoice.objects.filter(number=number, status=InvoiceStatus.OPEN).exists()
    is_here = order.current_status == OrderStatus.ACCEPTED and order.fulfilment_status in STILL_HERE
    if not (is_owed and is_here):
        return False
    reason = _("%(invoice)s was not paid") % {"invoice": number}
    hold(
        order, code=HoldCode.PAYMENT, reason=reason, source=SOURCE, handle=number, owner_role=Role.FINANCE,
        target_hours=TARGET_HOURS, by=BY, now=now,
    )  # fmt: skip
    return True


@retries_conflicts
@transaction.atomic(durable=True)
def _free(hold_id: int, number: str, now: datetime) -> bool:
    order = lock_order(Hold.objects.values_list("order_id", flat=True).get(pk=hold_id))
    held = Hold.objects.get(pk=hold_id)
    if held.released_at is not None or not held.keeps_stock:
        return False
    wanted = {*held.stages, Stage.ALLOCATE}
    held.keeps_stock, held.blocks = False, ",".join(stage for stage in Stage.values if stage in wanted)
    held.save(update_fields=["keeps_stock", "blocks"])
    units = free_promised(order, now=now)
    refresh_status(order, now=now)
    record(
        "stock.freed", gettext_noop("Not paid by its day: {units} units are free for others"), subject=order.number,
        by=BY, now=now, category=ActivityCategory.WAREHOUSE, units=units,
    )  # fmt: skip
    return True
