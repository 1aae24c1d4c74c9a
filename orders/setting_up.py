"""What selling needs before the first order, and how channels and payments do."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from inventory.models import Warehouse
from ordermgmt.setting_up import Door, SetupTask, doors, setup_task
from orders.billing_states import VersionStatus
from orders.models import Channel, InboundOrder, PlanVersion, ProviderEvent
from orders.states import ChannelKind, InboundState

EXAMPLE_VAT_ID = "SE556677889901"


@setup_task(rank=10)
def warehouse() -> SetupTask:
    """With shelves to pick from and a country it delivers to."""
    done = Warehouse.objects.active().filter(zones__isnull=False, bins__isnull=False).exists()
    note = "" if done else _("A warehouse with bins and the countries it serves")
    return SetupTask(title=_("Warehouse"), url=reverse("warehouse_list"), is_done=done, note=note)


@setup_task(rank=30)
def tax() -> SetupTask:
    own = str(settings.SHOP["vat_id"])
    done = bool(own) and own != EXAMPLE_VAT_ID
    note = "" if done else _("Set SHOP_VAT_ID; rates of the EU are known, others are kept here")
    return SetupTask(title=_("Tax"), url=reverse("admin:orders_taxrate_changelist"), is_done=done, note=note)


@setup_task(rank=50)
def first_plan() -> SetupTask:
    done = PlanVersion.objects.filter(status=VersionStatus.LIVE).exists()
    return SetupTask(
        title=_("First plan"), url=reverse("plan_list"), is_done=done, note="" if done else _("Publish a plan")
    )


@doors
def channels(now: datetime) -> Iterable[Door]:
    """Where orders come from by themselves: what waits there for a person."""
    waits = InboundOrder.objects.filter(state__in=[InboundState.RECEIVED, InboundState.HELD]).order_by()
    waiting = dict(waits.values_list("channel").annotate(n=Count("pk")))
    understood = InboundOrder.objects.filter(channel=OuterRef("pk"), understood_at__isnull=False).order_by("-pk")
    rows = Channel.objects.filter(is_active=True).exclude(kind__in=[ChannelKind.FORM, ChannelKind.SUBSCRIPTION])
    for channel in rows.order_by("name").annotate(last=Subquery(understood.values("understood_at")[:1])):
        url = f"{reverse('inbound_list')}?channel={channel.pk}"
        yield Door(name=channel.name, log_url=url, last_at=channel.last, waiting=waiting.get(channel.pk, 0))


@doors
def payments(now: datetime) -> Iterable[Door]:
    """What the payment provider told us; given-up events are tried again on the page of jobs."""
    last = ProviderEvent.objects.order_by("-received_at", "-pk").values_list("received_at", flat=True).first()
    waiting = ProviderEvent.objects.filter(due_at__isnull=False, dead_at=None).count()
    dead = ProviderEvent.objects.filter(dead_at__isnull=False).order_by("-pk").values_list("last_error", flat=True)
    error = dead.first()
    words = (
        _("Given up: %(error)s") % {"error": error.strip().splitlines()[-1] if error else "–"}
        if error is not None
        else ""
    )
    yield Door(name=_("Payments"), log_url=reverse("job_list"), last_at=last, waiting=waiting, error=words)
