"""What a lead decides at the bench: units vouched for, a packed parcel opened again."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from fulfilment.actions.releasing import lock_work
from fulfilment.actions.verifying import verify
from fulfilment.models import FulfilmentOrder, Label
from fulfilment.states import LabelState, ShipmentStatus, WorkStatus
from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from ordermgmt.retrying import retries_conflicts
from orders.actions import progress


class ReasonNeeded(Exception):
    """Units are vouched for, and boxes opened again, only with a reason."""


class NotPacked(Exception):
    """The work is not at the bench in the state that is needed, or its parcel has left; the sentence says so."""


@transaction.atomic(durable=True)
def override_packing(work_id: int, *, by: User, reason: str, now: datetime) -> FulfilmentOrder:
    """A lead vouches for the units that were not scanned: they count as packed, with the reason.

    The label is still made by closing the carton. Raises ReasonNeeded, NotPacked when nobody packs it now.
    """
    if not reason.strip():
        raise ReasonNeeded
    order, work = lock_work(work_id)
    if work.status != WorkStatus.PACKING:
        raise NotPacked(_("%(work)s is %(state)s") % {"work": work, "state": work.get_status_display().lower()})
    units = 0
    for line in work.lines.filter(packed__lt=F("picked")).select_related("sku"):
        units += line.picked - line.packed
        verify(work, line, line.picked - line.packed, now=now)
    record(
        "pack.overridden",
        gettext_noop("{units} of {work} packed without a scan: {reason}"),
        subject=work.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        units=units,
        work=work.number,
        reason=reason.strip(),
    )
    return work


@retries_conflicts
@transaction.atomic(durable=True)
def unpack(work_id: int, *, by: User, reason: str, now: datetime) -> FulfilmentOrder:
    """Open a packed parcel again before it leaves: labels void, shipment cancelled, every unit to be scanned anew.

    Raises ReasonNeeded, NotPacked.
    """
    if not reason.strip():
        raise ReasonNeeded
    order, work = lock_work(work_id)
    shipments = list(work.shipments.select_for_update(of=("self",)).filter(status=ShipmentStatus.PACKED).order_by("pk"))
    if work.status != WorkStatus.PACKED or not shipments:
        raise NotPacked(_("%(work)s is %(state)s") % {"work": work, "state": work.get_status_display().lower()})
    labels = Label.objects.filter(carton__shipment__in=shipments, state=LabelState.MADE)
    labels.update(state=LabelState.VOID, voided_at=now, void_reason=reason.strip()[:120])
    for shipment in shipments:
        shipment.move_to(ShipmentStatus.CANCELLED, now=now)
    packed = {line.order_line_id: line.packed for line in work.lines.all() if line.packed}
    progress.advance(order, packed, source="packed", target="picked")
    work.boxes.all().delete()
    work.lines.update(packed=0)
    work.move_to(WorkStatus.PICKED, now=now, packer=None)
    progress.refresh_status(order, now=now)
    record(
        "pack.opened",
        gettext_noop("{work} opened again, label void: {reason}"),
        subject=work.number,
        thread=order.number,
        by=by,
        now=now,
        category=ActivityCategory.WAREHOUSE,
        work=work.number,
        reason=reason.strip(),
    )
    return work
