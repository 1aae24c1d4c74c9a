"""Background work on orders: stock for those that wait, holds whose time is up, promises that slip."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job
from orders.actions.allocation import allocate_waiting
from orders.actions.holds import expire_holds
from orders.actions.promises import renew_missed


@job("expire_holds", title=_("Release holds whose time is up"), every=1, rank=20)
def expire(ctx: Context) -> dict[str, Any]:
    return {"released": expire_holds(now=ctx.now)}


@job("allocate", title=_("Promise stock to orders that wait"), every=1, rank=30)
def allocate(ctx: Context) -> dict[str, Any]:
    return allocate_waiting(now=ctx.now)


@job("renew_promises", title=_("Promise missed orders for a new day"), at="00:15", rank=40)
def renew(ctx: Context) -> dict[str, Any]:
    return {"moved": renew_missed(now=ctx.now)}
