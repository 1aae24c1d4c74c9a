"""Background work on the stock."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory.actions.reserving import release_lapsed
from ordermgmt.jobs import Context, job


@job("release_lapsed", title=_("Free units kept back for orders that were not placed"), every=1, rank=29)
def lapse(ctx: Context) -> dict[str, Any]:
    return {"released": release_lapsed(now=ctx.now)}
