"""Background work on orders: documents that wait, stock, holds whose time is up, promises that slip, money."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from ordermgmt.each import each
from ordermgmt.installation import only_when_live
from ordermgmt.jobs import Context, job
from orders import bulk_jobs, collection_jobs, value_jobs  # noqa: F401  (their jobs register themselves)
from orders.actions.allocation import allocate_waiting
from orders.actions.giving_back import give_back_ended
from orders.actions.holds import expire_holds
from orders.actions.intake import understand_inbound
from orders.actions.mapping import identify_items, mendable_orders
from orders.actions.overdue import mark_overdue
from orders.actions.paid_holds import release_paid
from orders.actions.pausing import resume_due
from orders.actions.price_changes import work_price_changes
from orders.actions.promises import renew_missed
from orders.actions.reckoning import reckon_all
from orders.actions.reminding import remind_upcoming
from orders.actions.renewing import renew_due
from orders.actions.revisions import weigh_revision
from orders.actions.unpaid_orders import cancel_unpaid
from orders.models import InboundOrder, InboundRevision, Order
from orders.states import InboundState

AT_ONCE = 200
MOST_ATTEMPTS = 10
log = logging.getLogger(__name__)


@job("expire_holds", title=_("Release holds whose time is up"), every=1, rank=20)
def expire(ctx: Context) -> dict[str, Any]:
    return expire_holds(now=ctx.now).summary("released")


@job("cancel_unpaid", title=_("Cancel orders whose link to pay was not used in time"), every=5, rank=69)
@only_when_live
def unpaid(ctx: Context) -> dict[str, Any]:
    return cancel_unpaid(now=ctx.now).summary("cancelled")


@job("allocate", title=_("Promise stock to orders that wait"), every=1, rank=30)
def allocate(ctx: Context) -> dict[str, Any]:
    return allocate_waiting(now=ctx.now)


@job("renew_promises", title=_("Promise missed orders for a new day"), at="00:15", rank=40)
def renew(ctx: Context) -> dict[str, Any]:
    return renew_missed(now=ctx.now).summary("moved")


@job("mark_overdue", title=_("Mark orders whose invoice is past its due date"), at="00:01", rank=41)
def overdue(ctx: Context) -> dict[str, Any]:
    return {"marked": mark_overdue(now=ctx.now)}


@job("understand_inbound", title=_("Read documents that wait"), every=1, rank=10)
def understand_waiting(ctx: Context) -> dict[str, Any]:
    """Documents that were stored but not understood, and changes that were not weighed: a crash between."""
    waiting = InboundOrder.objects.filter(state=InboundState.RECEIVED, attempts__lt=MOST_ATTEMPTS)
    found = list(waiting.order_by("received_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    unweighed = InboundRevision.objects.unweighed().filter(attempts__lt=InboundRevision.MOST_ATTEMPTS)
    versions = list(unweighed.order_by("received_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    how: dict[str, Any] = {"by": "intake", "now": ctx.now}
    read = sum(_tried(partial(understand_inbound, **how), InboundOrder, pk) for pk in found)
    weighed = sum(_tried(partial(weigh_revision, **how), InboundRevision, pk) for pk in versions)
    return {"understood": read, "weighed": weighed, "failed": len(found) + len(versions) - read - weighed}


def _tried(act: Callable[[int], object], model: type[InboundOrder | InboundRevision], pk: int) -> bool:
    """One document's fault does not keep the others waiting; it is tried a limited number of times."""
    try:
        act(pk)
    except Exception as error:
        log.exception("%s %s could not be read", model._meta.verbose_name, pk)
        words = f"{type(error).__name__}: {error}"[:500]
        model._default_manager.filter(pk=pk).update(attempts=F("attempts") + 1, error=words)
        return False
    return True


@job("identify_items", title=_("Let orders go on whose items were mapped"), every=1, rank=11)
def identify_mapped(ctx: Context) -> dict[str, Any]:
    """Orders with items nobody knew, whose codes have been mapped since."""
    found = mendable_orders(AT_ONCE)
    numbers = dict(Order.objects.filter(pk__in=found).values_list("pk", "number"))
    mend = partial(identify_items, by="intake", now=ctx.now)
    return each(found, mend, number=numbers.__getitem__).summary("orders")


@job("price_changes", title=_("Tell subscribers of new prices and put them into force"), every=60, rank=15)
def price_changes(ctx: Context) -> dict[str, Any]:
    return work_price_changes(now=ctx.now)


@job("renewals", title=_("Renew subscriptions that are due"), every=1, rank=25, timeout=3600)
def renewals(ctx: Context) -> dict[str, Any]:
    """Due deliveries become orders; a run that is cut off is taken up by the next."""
    return renew_due(now=ctx.now, progress=ctx.progress).as_dict()


@job("release_paid", title=_("Let renewals go on that were paid"), every=1, rank=26)
def paid_holds(ctx: Context) -> dict[str, Any]:
    return release_paid(now=ctx.now).summary("released")


@job("give_back_ended", title=_("Give back what ended subscriptions were paid for"), every=15, rank=27)
def give_back(ctx: Context) -> dict[str, Any]:
    return give_back_ended(now=ctx.now)


@job("resume_paused", title=_("Resume subscriptions whose pause ends soon"), at="05:00", rank=44)
def resume_paused(ctx: Context) -> dict[str, Any]:
    return resume_due(now=ctx.now).summary("resumed")


@job("reckoning", title=_("Compare expected with actual deliveries"), at="04:20", rank=80, timeout=3600)
def reckoning(ctx: Context) -> dict[str, Any]:
    return reckon_all(now=ctx.now, progress=ctx.progress)


@job("remind_upcoming", title=_("Tell subscribers what comes, before changes close"), every=15, rank=16)
def remind(ctx: Context) -> dict[str, Any]:
    return remind_upcoming(now=ctx.now).summary("told")
