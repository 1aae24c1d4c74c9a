"""The job that keeps stored figures up to date."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job
from ordermgmt.rollups import refresh


@job("rollups", title=_("Bring figures up to date"), every=1, rank=85, timeout=3600)
def rollups(ctx: Context) -> dict[str, Any]:
    written = refresh(now=ctx.now, progress=ctx.progress)
    return {"days": sum(written.values()), "figures": len(written)} if written else {}
