"""The last step of dunning reaches the subscription, and may be taken twice."""

import pytest

from orders.actions.dunning_end import take_last_step
from orders.billing_states import LastStep
from orders.factories import DunningFactory, InvoiceFactory
from orders.factories.orders import NOW
from orders.models import Dunning, Order
from orders.tests.subscribed import fresh, plan, subscribe

pytestmark = pytest.mark.django_db


def case_of(step: str) -> Dunning:
    s = subscribe(plan(last_step=step))
    case: Dunning = DunningFactory(invoice=InvoiceFactory(subscription=s))
    return case


@pytest.mark.parametrize(("step", "status"), [(LastStep.PAUSE, "paused"), (LastStep.CANCEL, "cancelled")])
def test_pause_or_cancel(step: str, status: str) -> None:
    case = case_of(step)
    for _ in range(2):
        take_last_step(case, by="Dunning", now=NOW)
    s = fresh(case.invoice.subscription)  # type: ignore[arg-type]
    assert s.status == status
    assert s.events.count() == 2


def test_skip_cancels_the_order_that_was_not_paid() -> None:
    case = case_of(LastStep.SKIP)
    for _ in range(2):
        take_last_step(case, by="Dunning", now=NOW)
    assert Order.objects.get(pk=case.invoice.order_id).status == "cancelled"
    assert fresh(case.invoice.subscription).status == "active"  # type: ignore[arg-type]
