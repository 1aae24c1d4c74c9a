"""Packing at the bench: what a scan or a command card means there."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.actions.bench import at_bench, still_mine
from fulfilment.actions.boxing import open_box, weigh
from fulfilment.actions.closing import finish
from fulfilment.actions.proving import label_of, scan_label
from fulfilment.actions.releasing import lock_work
from fulfilment.actions.starting import STARTS, start_single
from fulfilment.actions.verifying import NotVerified, check_verified, scan_item, undo
from fulfilment.models import BoxType, FulfilmentOrder, PackBox
from fulfilment.scans import Answer, Scan, right, wrong
from fulfilment.states import Verdict, WorkStatus
from orders.actions import holds
from orders.models import Order
from orders.states import HoldCode

PROBLEMS = {
    "missing": (HoldCode.OPERATOR, gettext_noop("A unit is missing at the bench")),
    "damaged": (HoldCode.OPERATOR, gettext_noop("A unit is damaged at the bench")),
    "does_not_fit": (HoldCode.OPERATOR, gettext_noop("Does not fit into a carton")),
    "address": (HoldCode.ADDRESS, gettext_noop("The packer doubts the address")),
}


def pack_scan(scan: Scan) -> Answer:
    """Inside the caller's transaction: one scan at the bench."""
    if scan.command:
        return _command(scan)
    if label := label_of(scan):
        return scan_label(label, scan)
    work = at_bench(scan.task, scan.by)
    if work is not None and work.status == WorkStatus.PACKING:
        return scan_item(work, scan)
    read = scan.read
    if read is None:
        return wrong(_("That scan was cut short. Scan again"))
    if read.kind in STARTS:
        return STARTS[read.kind](read, scan)
    return start_single(scan)


def _command(scan: Scan) -> Answer:
    work = at_bench(scan.task, scan.by)
    if scan.command == "PAUSE":
        return right(_("Paused. This order stays yours for 15 minutes"), verdict=Verdict.COMMAND, go="/scan/")
    if work is not None and work.status == WorkStatus.PACKED and scan.command == "REPRINT":
        return right(_("Why is the label printed again?"), verdict=Verdict.COMMAND, task=work.number, ask="reprint")
    if work is None or work.status != WorkStatus.PACKING:
        return right(_("Go on"), verdict=Verdict.COMMAND) if scan.command == "OK" else wrong(_("Scan an order first"))
    order, work = lock_work(work.pk)
    if answer := still_mine(order, work, scan):
        return answer
    if scan.command.startswith("BOX-"):
        return _choose_box(work, scan)
    return _COMMANDS.get(scan.command, _no_such)(order, work, scan)


def _no_such(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    return wrong(_("This card does nothing here"))


def _choose_box(work: FulfilmentOrder, scan: Scan) -> Answer:
    kind = BoxType.objects.filter(code__iexact=scan.command.removeprefix("BOX-"), is_active=True).first()
    if kind is None:
        return wrong(_("We have no such carton"))
    box = open_box(work)
    box.box = kind
    box.save(update_fields=["box"])
    return right(_("Carton %(box)s") % {"box": kind.name}, verdict=Verdict.COMMAND, task=work.number)


def _next_box(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    box = open_box(work)
    if not box.items.exists():
        return wrong(_("This carton is still empty"))
    if scan.weight_g is not None and (answer := weigh(work, scan)):
        return answer
    new = PackBox.objects.create(work=work, position=box.position + 1)
    return right(_("Carton %(number)s") % {"number": new.position}, verdict=Verdict.COMMAND, task=work.number)


def _done(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    """Close the carton (again), once everything is verified."""
    try:
        check_verified(work)
    except NotVerified as gap:
        return wrong(str(gap))
    return finish(order, work, scan)


def _problem(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    """The order is held with the reason; its tote goes to the problem shelf."""
    code, reason = PROBLEMS.get(scan.reason, PROBLEMS["missing"])
    holds.hold(order, code=code, reason=_(reason), by=scan.by, now=scan.now, source="bench", handle=work.number)
    work.move_to(WorkStatus.PICKED, now=scan.now, packer=None)
    message = _("%(order)s is on hold. Put it on the problem shelf") % {"order": order.number}
    return right(message, verdict=Verdict.COMMAND, task="-")


_COMMANDS: dict[str, Callable[[Order, FulfilmentOrder, Scan], Answer]] = {
    "NEXTBOX": _next_box,
    "DONE": _done,
    "UNDO": undo,
    "PROBLEM": _problem,
    "OK": lambda order, work, scan: right(_("Go on"), verdict=Verdict.COMMAND),
}
