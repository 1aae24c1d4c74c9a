"""Whose work lies at the packing bench."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fulfilment.actions.putting_back import stopped
from fulfilment.models import FulfilmentOrder
from fulfilment.scans import Answer, Scan, stop
from fulfilment.states import WorkStatus
from inventory.models import Warehouse
from ordermgmt.models import User
from orders.models import Order
from orders.states import Stage


def works_here(by: User) -> QuerySet[FulfilmentOrder]:
    """Work of the warehouses this person may see."""
    here = FulfilmentOrder.objects.filter(warehouse__in=Warehouse.objects.for_user(by))
    return here.select_related("order", "warehouse", "packer", "wave")


def at_bench(number: str, by: User) -> FulfilmentOrder | None:
    """The work a bench is busy with: being packed, or packed and waiting for its label to be scanned."""
    return works_here(by).filter(number=number, packer=by, status__in=[WorkStatus.PACKING, WorkStatus.PACKED]).first()


def still_mine(order: Order, work: FulfilmentOrder, scan: Scan) -> Answer | None:
    if answer := stopped(order, work, Stage.PACK, by=scan.by, now=scan.now):
        return answer
    if work.status != WorkStatus.PACKING or work.packer_id != scan.by.pk:
        return stop(_("Stop. %(person)s packs %(order)s now") % {"person": work.packer or "–", "order": order.number})
    return None
