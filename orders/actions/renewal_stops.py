"""Switches that stop renewals: all of them, of a plan, a warehouse or a customer."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.models import Customer
from inventory.models import Warehouse
from ordermgmt.history import record
from ordermgmt.models import User
from orders.models import Plan, RenewalStop

SUBJECT = "renewals"


class StopRefused(Exception):
    """The switch cannot be set so; the sentence says why."""


@transaction.atomic(durable=True)
def stop_renewals(
    *, scope: str, reference: str, reason: str, until_on: date | None, by: User | str, now: datetime
) -> RenewalStop:
    """Nothing of this scope is renewed until the day, or until it is lifted. Raises StopRefused."""
    reference, reason = reference.strip(), reason.strip()
    if not reason:
        raise StopRefused(_("Say why."))
    if not _is_known(scope, reference):
        raise StopRefused(_("We do not know %(what)s.") % {"what": reference or "—"})
    reference = "" if scope == "all" else reference
    existing = RenewalStop.objects.select_for_update().filter(scope=scope, reference=reference, lifted_at=None).first()
    if existing:
        raise StopRefused(_("It is stopped already: %(why)s") % {"why": existing.reason})
    stop = RenewalStop.objects.create(
        scope=scope, reference=reference, reason=reason[:300], until_on=until_on, opened_at=now, opened_by=str(by)
    )
    sentence = gettext_noop("Renewals stopped for {what}: {reason}")
    record("renewals.stopped", sentence, subject=SUBJECT, by=by, now=now, what=str(stop), reason=stop.reason)
    return stop


def _is_known(scope: str, reference: str) -> bool:
    known = {
        "plan": Plan.objects.filter(number=reference),
        "warehouse": Warehouse.objects.filter(code=reference),
        "customer": Customer.objects.filter(number=reference),
    }
    return scope == "all" or (scope in known and known[scope].exists())


@transaction.atomic(durable=True)
def lift_stop(stop_id: int, *, by: User | str, now: datetime) -> RenewalStop:
    """Renewals of this scope go on with the next run; lifting it twice changes nothing."""
    stop = RenewalStop.objects.select_for_update().get(pk=stop_id)
    if stop.lifted_at is None:
        stop.lifted_at, stop.lifted_by = now, str(by)
        stop.save(update_fields=["lifted_at", "lifted_by"])
        record(
            "renewals.resumed",
            gettext_noop("Renewals go on for {what}"),
            subject=SUBJECT,
            by=by,
            now=now,
            what=str(stop),
        )
    return stop
