"""The inbox of the demo shop: what waits now, who watches it, and one problem everybody knows of."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from fulfilment.models import Carrier
from ordermgmt.actions.watching import plan_duties, tell_problem
from ordermgmt.clock import business_day
from ordermgmt.exception_inbox import QUEUES
from ordermgmt.exception_refresh import refresh
from ordermgmt.models import User
from ordermgmt.roles import Role

DAYS = 7


def watch(people: Mapping[str, User], *, now: datetime) -> None:
    """Everybody watches the queue of their role this week."""
    lead, today = people[Role.LEAD], business_day(now)
    days = [today + timedelta(days=n) for n in range(DAYS)]
    plan = {(day, str(role)): people.get(role) for day in days for role in QUEUES}
    plan_duties(plan, by=lead, now=now)
    carrier = Carrier.objects.filter(is_active=True).order_by("pk").first()
    if carrier:
        tell_problem(
            scope="carrier",
            key=carrier.code,
            sentence=f"{carrier.name} is a day late around Malmö",
            customer_sentence=f"{carrier.name} is a day late around Malmö. Your parcel may come a day later.",
            by=lead,
            now=now,
        )
    refresh(now=now)
