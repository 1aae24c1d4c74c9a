"""Background work on money: charges, what providers tell, dunning, refunds, payouts."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.installation import only_when_live
from ordermgmt.jobs import Context, job
from orders.actions.charge_work import put_off_summary, waiting_charges, work_charge
from orders.actions.dunning_run import run_dunning, warn_of_expiring_cards
from orders.actions.payouts import import_payouts
from orders.actions.provider_events import fetch_missed, waiting_events, work_event
from orders.actions.recognising import recognise_revenue
from orders.actions.refund_work import waiting_refunds, work_refund
from orders.actions.unpaid_boxes import mind_unpaid_boxes


@job("charges", title=_("Charge what is due"), every=1, rank=60, timeout=300)
@only_when_live
def charges(ctx: Context) -> dict[str, Any]:
    """What is due and may not leave is counted as put off, with the reasons of all that wait."""
    return {**ctx.work(waiting_charges(), work_charge), **put_off_summary()}


@job("provider_events", title=_("Read what payment providers told us"), every=1, rank=61)
def provider_events(ctx: Context) -> dict[str, Any]:
    return ctx.work(waiting_events(), work_event)


@job("fetch_provider_events", title=_("Ask payment providers for what was not heard"), every=15, rank=62)
def fetch_events(ctx: Context) -> dict[str, Any]:
    return fetch_missed(now=ctx.now)


@job("dunning", title=_("Remind of unpaid invoices and try them again"), every=5, rank=63, timeout=300)
def dunning(ctx: Context) -> dict[str, Any]:
    return run_dunning(now=ctx.now)


@job("unpaid_boxes", title=_("Hold boxes that are not paid, and free their stock"), every=5, rank=64)
def unpaid_boxes(ctx: Context) -> dict[str, Any]:
    return mind_unpaid_boxes(now=ctx.now)


@job("expiring_cards", title=_("Warn of cards that end soon"), at="09:00", rank=64)
def expiring_cards(ctx: Context) -> dict[str, Any]:
    return {"warned": warn_of_expiring_cards(now=ctx.now)}


@job("refunds", title=_("Send approved refunds"), every=1, rank=65, timeout=300)
@only_when_live
def refunds(ctx: Context) -> dict[str, Any]:
    return ctx.work(waiting_refunds(), work_refund)


@job("payouts", title=_("Read what the provider sent to the bank"), every=60, rank=66, timeout=300)
def payouts(ctx: Context) -> dict[str, Any]:
    return import_payouts(now=ctx.now)


@job("recognise_revenue", title=_("Recognise revenue that was earned"), at="01:20", rank=67, timeout=900)
def recognise(ctx: Context) -> dict[str, Any]:
    return recognise_revenue(now=ctx.now).as_dict()
