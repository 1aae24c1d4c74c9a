"""Every unit proved by a scan before it goes into the carton."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from fulfilment.actions.bench import still_mine
from fulfilment.actions.boxing import open_box
from fulfilment.actions.closing import finish
from fulfilment.actions.releasing import lock_work
from fulfilment.models import FulfilmentLine, FulfilmentOrder, PackItem, ScanEvent
from fulfilment.reports import lines_to_pack
from fulfilment.scans import Answer, Scan, right, units_of, wrong
from fulfilment.states import Verdict
from orders.models import Order


class NotVerified(Exception):
    """Units are not scanned yet; the sentence names them."""


def scan_item(work: FulfilmentOrder, scan: Scan) -> Answer:
    order, work = lock_work(work.pk)
    if answer := still_mine(order, work, scan):
        return answer
    lines = list(lines_to_pack().filter(work=work))
    line = next((one for one in lines if units_of(one.sku, scan.code)), None)
    if line is None:
        return _not_in(order, scan)
    same = [one for one in lines if one.sku_id == line.sku_id]
    line = next((one for one in same if one.packed < one.picked), line)
    units = units_of(line.sku, scan.code)
    if line.packed + units > line.picked:
        facts = {"packed": line.packed, "picked": line.picked}
        return Answer(verdict=Verdict.EXTRA, message=_("Already %(packed)s of %(picked)s. Put it back") % facts)
    verify(work, line, units, now=scan.now)
    if all(one.packed == one.picked for one in lines):
        return _verified(order, work, scan, effect={"packed": [line.pk, units]})
    count = {"item": line.sku.name, "packed": line.packed, "picked": line.picked}
    message = _("%(item)s, %(packed)s of %(picked)s") % count
    verdict = Verdict.LINE_DONE if line.packed == line.picked else Verdict.ACCEPTED
    return right(message, verdict=verdict, task=work.number, effect={"packed": [line.pk, units]})


def _not_in(order: Order, scan: Scan) -> Answer:
    read = scan.read
    if read is None:
        return wrong(_("That scan was cut short. Scan again"))
    if read.kind:
        return wrong(_("Finish %(order)s first, or press Pause") % {"order": order.number})
    return wrong(_("%(code)s is not in %(order)s. Take it out") % {"code": scan.code, "order": order.number})


def verify(work: FulfilmentOrder, line: FulfilmentLine, units: int, *, now: datetime) -> None:
    box = open_box(work)
    item, is_new = PackItem.objects.get_or_create(box=box, line=line, defaults={"quantity": units})
    if not is_new:
        item.quantity += units
        item.save(update_fields=["quantity"])
    line.packed += units
    line.save(update_fields=["packed"])
    work.pack_beat_at = now
    work.save(update_fields=["pack_beat_at"])


def _verified(order: Order, work: FulfilmentOrder, scan: Scan, *, effect: dict[str, Any]) -> Answer:
    """Everything is in the carton: weigh it when there is a scale, else close it at once."""
    if scan.has_scale and scan.weight_g is None:
        return right(_("All in. Weigh the box"), verdict=Verdict.LINE_DONE, task=work.number, effect=effect)
    return finish(order, work, scan, effect=effect)


def check_verified(work: FulfilmentOrder) -> None:
    """Raises NotVerified, naming the first item that is not scanned completely."""
    for line in work.lines.filter(packed__lt=F("picked")).select_related("sku").order_by("pk"):
        facts = {"item": line.sku.name, "left": line.picked - line.packed}
        raise NotVerified(_("Not packed yet: scan %(item)s, %(left)s more") % facts)


def undo(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer:
    events = ScanEvent.objects.filter(by=scan.by, station="pack", undone_at=None, effect__has_key="packed")
    event = events.order_by("-pk").first()
    line_id, units = event.effect["packed"] if event else (0, 0)
    item = PackItem.objects.filter(box__work=work, line=line_id, quantity__gte=units).order_by("-box__position").first()
    if event is None or item is None:
        return wrong(_("There is no scan to undo"))
    _take_out(item, units)
    event.undone_at = scan.now
    event.save(update_fields=["undone_at"])
    facts = {"item": item.line.sku.name, "units": units}
    return right(_("Undone. Take %(units)s %(item)s out") % facts, verdict=Verdict.COMMAND, task=work.number)


def _take_out(item: PackItem, units: int) -> None:
    FulfilmentLine.objects.filter(pk=item.line_id).update(packed=F("packed") - units)
    if item.quantity == units:
        item.delete()
        return
    item.quantity -= units
    item.save(update_fields=["quantity"])
