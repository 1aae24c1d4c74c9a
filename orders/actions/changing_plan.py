"""Another plan or the newest version of the same one: from the next delivery that is not paid yet, or at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from orders.actions.particulars import check_not_over
from orders.actions.prorating import bill_days, bill_rest, credit_days, paid_deliveries_back, running_cycle
from orders.actions.rhythm import change_interval
from orders.actions.subscription_changes import Made
from orders.actions.subscription_work import NotAllowed, Work
from orders.billing_states import EventKind, PlanStatus, PriceModel, VersionStatus
from orders.models import PlanItem, PlanVersion, Subscription, SubscriptionLine
from orders.periods import Interval
from orders.subscription_pricing import usual_items

AT_RENEWAL, AT_ONCE = "renewal", "now"


@dataclass(frozen=True)
class ChangePlan:
    """To the live version of a plan: at the next charge, what is paid is delivered as it was bought (`renewal`);
    or at once (staff), the unused part credited and the new plan charged for the rest (`now`). That is not undone.
    """

    plan_id: int
    at: str = AT_RENEWAL
    kind: ClassVar[str] = EventKind.PLAN

    def apply(self, work: Work) -> Made:
        check_not_over(work)
        version = live_version(self.plan_id, work.s.currency)
        if version.pk in (work.s.version_id, work.s.next_version_id):
            raise NotAllowed(_("It is on this plan already."))
        check_boxes(version, work.s.currency, work.s.quantity)
        number = work.first_affected()
        facts = {"plan": version.plan.name, "was": str(work.s.version.plan), "version": version.number}
        if self.at == AT_ONCE:
            facts |= self._now(work, version, number) | {"number": number}
            return Made(gettext_noop("{plan} instead of {was}, at once"), facts, number)
        number = first_unpaid(work, number)
        if work.s.deliveries_owed:
            work.save(next_version=version)
        else:
            adopt_version(work.s, version)
        self._fit_cadence(work, version, number, work.calendar.planned_on(number))
        return Made(
            gettext_noop("{plan} instead of {was}, from delivery {number} on"), facts | {"number": number}, number
        )

    def _now(self, work: Work, version: PlanVersion, number: int) -> dict[str, Any]:
        if work.is_customer:
            raise NotAllowed(_("Write to us to change the plan before the next charge."))
        if work.s.deliveries_owed:
            until, facts = paid_deliveries_back(work)
            adopt_version(work.s, version)
            self._fit_cadence(work, version, number, work.calendar.planned_on(number))
            return facts | bill_rest(work, number, until=until)
        cycle = running_cycle(work)
        facts = credit_days(work, cycle)
        adopt_version(work.s, version)
        ends_on, charged = bill_days(work, number, since=cycle.starts_on)
        self._fit_cadence(work, version, number, ends_on)
        return facts | charged

    def _fit_cadence(self, work: Work, version: PlanVersion, number: int, anchor_on: date) -> None:
        """A cadence the new plan does not offer becomes its usual one, from a day on."""
        now = work.calendar.interval(number)
        own = Interval(version.deliver_every, version.deliver_unit)
        allowed = [own, *(Interval(int(n), unit) for n, unit in (str(w).split() for w in version.allowed_intervals))]
        if now not in allowed:
            change_interval(work, number, anchor_on, own)


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


def check_boxes(version: PlanVersion, currency: str, boxes: int) -> None:
    """Raises NotAllowed for more than one box at one price: the others would be given away."""
    if boxes > 1 and version.prices.filter(currency=currency, model=PriceModel.FLAT).exists():
        words = _("%(plan)s has one price for one box. Agree on a price, or choose a plan with a price for each box.")
        raise NotAllowed(words % {"plan": version.plan.name})


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
