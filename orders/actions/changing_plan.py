"""Another plan or the newest version of the same one: from the next delivery that is not paid yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.actions.particulars import check_not_over
from orders.actions.rhythm import change_interval
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import EventKind, PlanStatus, VersionStatus
from orders.models import PlanItem, PlanVersion, Subscription, SubscriptionLine
from orders.periods import Interval
from orders.subscription_pricing import usual_items


@dataclass(frozen=True)
class ChangePlan:
    """To the live version of a plan. What is paid already is delivered as it was bought; then the new plan holds."""

    plan_id: int
    kind: ClassVar[str] = EventKind.PLAN

    def apply(self, work: Work) -> Made:
        check_not_over(work)
        version = live_version(self.plan_id, work.s.currency)
        if version.pk in (work.s.version_id, work.s.next_version_id):
            raise NotAllowed(_("It is on this plan already."))
        number = work.first_affected()
        was = str(work.s.version.plan)
        facts = {"plan": version.plan.name, "was": was, "version": version.number}
        number = first_unpaid(work, number)
        if work.s.deliveries_owed:
            work.save(next_version=version)
        else:
            adopt_version(work.s, version)
        self._fit_cadence(work, version, number)
        return Made(
            gettext_noop("{plan} instead of {was}, from delivery {number} on"), facts | {"number": number}, number
        )

    def _fit_cadence(self, work: Work, version: PlanVersion, number: int) -> None:
        """A cadence the new plan does not offer becomes its usual one."""
        now = work.calendar.interval(number)
        own = Interval(version.deliver_every, version.deliver_unit)
        allowed = [own, *(Interval(int(n), unit) for n, unit in (str(w).split() for w in version.allowed_intervals))]
        if now not in allowed:
            change_interval(work, number, work.calendar.planned_on(number), own)


def first_unpaid(work: Work, number: int) -> int:
    """The first delivery that no charge has paid for yet, counting only those that come."""
    left = work.s.deliveries_owed
    while left:
        if number not in work.rows or work.rows[number].current_status == "scheduled":
            left -= 1
        number += 1
    return number


def live_version(plan_id: int, currency: str) -> PlanVersion:
    """What new subscribers of a plan get, with a price in the currency. Raises NotAllowed."""
    version = (
        PlanVersion.objects.select_related("plan")
        .filter(plan=plan_id, status=VersionStatus.LIVE, plan__status=PlanStatus.ACTIVE)
        .first()
    )
    if version is None:
        raise NotAllowed(_("This plan is not offered any more."))
    if not version.prices.filter(currency=currency).exists():
        words = {"plan": version.plan.name, "currency": currency}
        raise NotAllowed(_("%(plan)s has no price in %(currency)s.") % words)
    return version


def adopt_version(s: Subscription, version: PlanVersion) -> None:
    """Inside the caller's transaction: price and contents of a version; extras stay, an agreed price ends."""
    s.version, s.next_version, s.agreed_price = version, None, None
    s.save(update_fields=["version", "next_version", "agreed_price"])
    SubscriptionLine.objects.filter(subscription=s, unit_price=None).delete()
    taken = SubscriptionLine.objects.filter(subscription=s).aggregate(last=Max("position"))["last"] or 0
    items = usual_items(version, PlanItem.objects.filter(version=version).order_by("pk"))
    SubscriptionLine.objects.bulk_create(contents_of(s, items, after=taken))


def contents_of(s: Subscription, items: Sequence[PlanItem], *, after: int = 0) -> list[SubscriptionLine]:
    """Unsaved lines of the items of a plan, at positions after those that are taken."""
    return [
        SubscriptionLine(subscription=s, position=i, sku_id=item.sku_id, quantity=item.quantity, group=item.group)
        for i, item in enumerate(items, after + 1)
    ]
