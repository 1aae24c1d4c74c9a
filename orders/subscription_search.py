"""Finding subscriptions by their number or their customer."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ordermgmt.finding import GROUP_SIZE, Asked, Hit, searcher
from ordermgmt.models import User
from ordermgmt.templatetags import portal
from orders.models import Subscription
from orders.saying import say_next
from orders.subscription_filters import condition, subscriptions_with_next
from orders.subscription_rows import load_rows


@searcher(
    "subscriptions", gettext_lazy("Subscriptions"), permission="subscriptions.view", icon="repeat",
    list_url="/subscriptions/", rank=15,
)  # fmt: skip
class SubscriptionSearch:
    def exact(self, asked: Asked, user: User) -> str:
        found = Subscription.objects.filter(number=asked.code).first() if asked.code.startswith("SUB-") else None
        return f"/subscriptions/{found.number}/" if found else ""

    def find(self, asked: Asked, user: User, now: datetime) -> Sequence[Hit]:
        rows = subscriptions_with_next().filter(condition(asked.text)).order_by("-pk")
        found = list(
            rows.select_related("customer", "version__plan", "next_version__plan", "address")[: GROUP_SIZE + 1]
        )
        load_rows(found, now=now)
        return [_hit(s) for s in found]


def _hit(s: Subscription) -> Hit:
    coming, word = s.coming, s.word  # type: ignore[attr-defined]
    day = portal.weekday_words(coming.leaves_on) if coming else ""
    return Hit(
        title=f"{s.number} {s.version.plan.name}",
        url=f"/subscriptions/{s.number}/",
        subtitle=str(s.customer),
        state=(word.value, word.label),
        answer=_("next %(day)s") % {"day": day} if day else _("nothing comes"),
        last=portal.money(coming.amount, s.currency) if coming else "",
        say=say_next(coming) if coming else "",
    )
