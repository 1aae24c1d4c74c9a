"""The rules by which unpaid invoices are tried again and reminded of: a new row each time they change."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.models import User
from ordermgmt.models.history import ActivityCategory
from orders.actions.dunning_cases import default_policy
from orders.dunning_rules import refused_days
from orders.models import DunningPolicy


class RulesRefused(Exception):
    """The days cannot be so; the sentence says why."""


@transaction.atomic(durable=True)
def change_rules(
    *, retry_days: Sequence[int], mail_days: Sequence[int], last_day: int, last_step: str, by: User | str, now: datetime
) -> DunningPolicy:
    """New cases follow these; cases that are open keep the rules they began with. Raises RulesRefused."""
    if why := refused_days(retry_days, mail_days, last_day):
        raise RulesRefused(why)
    # Closes the race of two people who change the rules at once: the second follows the first.
    old = DunningPolicy.objects.select_for_update().get(pk=default_policy().pk)
    facts = {"retry_days": [*retry_days], "mail_days": [*mail_days], "last_day": last_day, "last_step": last_step}
    if all(getattr(old, name) == value for name, value in facts.items()):
        return old
    DunningPolicy.objects.filter(is_default=True).update(is_default=False)
    code = f"rules-{now:%y%m%d%H%M%S%f}"
    made = DunningPolicy.objects.create(code=code, name=old.name, is_default=True, **facts)
    record(
        "dunning.rules", gettext_noop("Tries on days {tries}, messages on {mails}, last step on {last}"),
        subject="dunning-rules", by=by, now=now, category=ActivityCategory.MONEY,
        tries=", ".join(map(str, retry_days)), mails=", ".join(map(str, mail_days)), last=last_day,
    )  # fmt: skip
    return made
