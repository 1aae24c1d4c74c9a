"""The job that lets every rule of the inbox look."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt import exception_badge, exception_mails, exception_rules, known_problems  # noqa: F401  (they register themselves)
from ordermgmt.exception_refresh import refresh
from ordermgmt.jobs import Context, job


class RulesFailed(Exception):
    """At least one rule could not look; the others did."""


@job("exceptions", title=_("Look for what a person must decide"), every=1, rank=82, timeout=300)
def look_for_exceptions(ctx: Context) -> dict[str, Any]:
    """Raises RulesFailed at the end when a rule failed, so that it is told to those who keep the portal running."""
    found = refresh(now=ctx.now, progress=ctx.progress)
    if found.failed:
        raise RulesFailed("; ".join(f"{name}: {error}" for name, error in found.failed.items()))
    return found.as_dict()
