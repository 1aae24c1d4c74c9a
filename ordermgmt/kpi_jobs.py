"""The jobs that keep stored figures up to date and mail those of the week."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job
from ordermgmt.kpi_digest import send_digests
from ordermgmt.rollups import refresh


@job("rollups", title=_("Bring figures up to date"), every=1, rank=85, timeout=3600)
def rollups(ctx: Context) -> dict[str, Any]:
    written = refresh(now=ctx.now, progress=ctx.progress)
    return {"days": sum(written.values()), "figures": len(written)} if written else {}


@job("figures_week", title=_("Mail the figures of the week"), at="06:30", rank=89, timeout=600)
def figures_week(ctx: Context) -> dict[str, Any]:
    sent = send_digests(now=ctx.now)
    return {"sent": sent} if sent else {}
