"""Background work of the floor: what a lost scan or a cancelled order leaves behind."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from fulfilment.actions.auto_release import release_by_themselves
from fulfilment.actions.proving import hand_over_proved
from fulfilment.actions.putting_back import withdraw_cancelled
from ordermgmt.jobs import Context, job


@job("withdraw_cancelled", title=_("Free the bins of cancelled orders"), every=1, rank=35)
def withdraw(ctx: Context) -> dict[str, Any]:
    return {"withdrawn": withdraw_cancelled(now=ctx.now)}


@job("release_waves", title=_("Release ready orders where that is automatic"), every=1, rank=34, timeout=300)
def release(ctx: Context) -> dict[str, Any]:
    return release_by_themselves(now=ctx.now).summary("released")


@job("hand_over_proved", title=_("Hand over parcels whose label was proved"), every=1, rank=36)
def hand_over(ctx: Context) -> dict[str, Any]:
    return {"handed_over": hand_over_proved(now=ctx.now)}
