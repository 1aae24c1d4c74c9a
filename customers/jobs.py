"""Background work on tickets."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.actions.ticket_ending import close_solved
from ordermgmt.jobs import Context, job


@job("close_tickets", title=_("Close solved tickets"), at="03:40", rank=70)
def close_tickets(context: Context) -> dict[str, Any]:
    return {"closed": close_solved(now=context.now)}
