"""The job that works out what customers are worth."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job
from orders.actions.valuing import work_values


@job("customer_values", title=_("Work out what customers are worth"), at="03:40", rank=88, timeout=3600)
def customer_values(ctx: Context) -> dict[str, Any]:
    return dict(work_values(now=ctx.now))
