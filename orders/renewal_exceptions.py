"""What about renewals a person must decide: deliveries put aside, and what will go wrong at the next run."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from ordermgmt.blocking import Fix
from ordermgmt.counted_rules import CountedRule
from ordermgmt.exception_groups import grouped
from ordermgmt.exceptions import Cause, Row, exception_rule
from ordermgmt.models import ExceptionItem
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal
from orders.models import Delivery
from orders.preflight import CAUSES, preflight


class OfRenewals(CountedRule):
    """Deliveries by cause; their subjects are subscriptions."""

    owner_role = Role.MANAGER
    permission = "renewals.run"

    def known(self, item: ExceptionItem) -> Mapping[str, Any]:
        code = item.facts.get("parked_code") or item.facts.get("code", "")
        return {"why": CAUSES.get(code, code)}

    def rows(self, item: ExceptionItem, now: datetime) -> Sequence[Row]:
        numbers = list(item.subjects.order_by("pk").values_list("number", flat=True)[:10])
        coming = Delivery.objects.filter(is_next=True, subscription__number__in=numbers).order_by("order_at", "pk")
        return [
            Row(str(one.subscription), reverse("subscription_detail", args=[one.subscription.number]),
                f"{one.subscription.customer}. {one.parked_reason or portal.day_words(one.leaves_on)}")
            for one in coming.select_related("subscription__customer")
        ]  # fmt: skip


@exception_rule
class RenewalsParked(OfRenewals):
    """Deliveries the run put aside, because a person must say what is to happen."""

    name = "renewal.parked"
    title = gettext_lazy("Renewals wait for a decision")
    target = timedelta(hours=8)
    tone = "bad"
    counted = ngettext_lazy("%(n)s renewal waits: %(why)s", "%(n)s renewals wait: %(why)s", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        parked = Delivery.objects.filter(parked_at__isnull=False, is_next=True)
        found = grouped(parked, by=("parked_code",), number="subscription__number", since="parked_at")
        return [group.cause() for group in found]

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        effect = _("Try again, ship, or move the calendar: for all of a cause at once")
        return [Fix(_("Decide about them"), reverse("renewals"), permission="renewals.run", effect=effect)]


@exception_rule
class TroubleAhead(OfRenewals):
    """What the run of tomorrow will meet, not enough stock for one: worked out, not waited for."""

    name = "renewal.ahead"
    title = gettext_lazy("Trouble at the next renewals")
    target = timedelta(hours=20)
    every = 15
    counted = ngettext_lazy("%(n)s renewal of tomorrow: %(why)s", "%(n)s renewals of tomorrow: %(why)s", "count")

    def causes(self, now: datetime) -> Iterable[Cause]:
        for trouble in preflight(now=now).trouble:
            numbers = [row.subscription.number for row in trouble.rows]
            yield Cause(key=trouble.code, since=now, subjects=numbers, facts={"code": trouble.code},
                        target_at=min(row.order_at for row in trouble.rows))  # fmt: skip

    def fixes(self, item: ExceptionItem) -> Sequence[Fix]:
        page = reverse("renewal_preflight")
        return [Fix(_("See what will go wrong"), page, permission="renewals.run", effect=_("Mended before the run, nobody notices"))]  # fmt: skip
