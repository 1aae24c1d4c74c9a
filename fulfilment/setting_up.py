"""What a floor needs before the first parcel, and how carriers' messages come in."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from fulfilment.models import Carrier, CarrierMessage
from ordermgmt.models import Activity
from ordermgmt.setting_up import Door, SetupTask, doors, setup_task

PRINTER_TESTED = "printer.tested"
LOOKS_BACK = timedelta(days=30)


@setup_task(rank=20)
def carrier() -> SetupTask:
    done = Carrier.objects.filter(is_active=True, rates__isnull=False).exists()
    url = reverse("admin:fulfilment_carrier_changelist")
    return SetupTask(title=_("Carrier"), url=url, is_done=done, note="" if done else _("A carrier with its rates"))


@setup_task(rank=60)
def label_printer() -> SetupTask:
    done = Activity.objects.filter(verb=PRINTER_TESTED).exists()
    note = "" if done else _("Print the test label and scan it")
    return SetupTask(title=_("Label printer test"), url=reverse("printer_test"), is_done=done, note=note)


@doors
def carrier_messages(now: datetime) -> Iterable[Door]:
    """What carriers told us by webhook or file in the last 30 days."""
    recent = CarrierMessage.objects.filter(received_at__gte=now - LOOKS_BACK)
    found = (
        recent.order_by("source")
        .values("source")
        .annotate(
            last=Max("received_at", filter=Q(state="done")),
            refused=Count("pk", filter=Q(state="refused")),
            newest=Max("pk"),
        )
    )
    rows = list(found)
    newest = CarrierMessage.objects.in_bulk([row["newest"] for row in rows])
    names = dict(Carrier.objects.values_list("code", "name"))
    for row in rows:
        message = newest[row["newest"]]
        url = f"{reverse('admin:fulfilment_carriermessage_changelist')}?source={row['source']}"
        error = message.reason if message.state == "refused" else ""
        name = names.get(row["source"], row["source"])
        yield Door(name=name, log_url=url, last_at=row["last"], waiting=row["refused"], error=error)
