"""Test records of plans and subscriptions: rows for their own sake; real ones come from the verbs."""

from datetime import date, timedelta
from decimal import Decimal

import factory

from customers.factories import CustomerFactory
from inventory.factories import SkuFactory
from ordermgmt.factories import UserFactory
from orders import models
from orders.billing_states import EventKind, MovementKind, SubscriptionStatus, VersionStatus
from orders.factories.orders import NOW, ChannelFactory
from orders.states import ChannelKind


class PlanFactory(factory.django.DjangoModelFactory[models.Plan]):
    class Meta:
        model = models.Plan

    number = factory.Sequence(lambda n: f"PL-{n + 9_000}")
    name = factory.Sequence(lambda n: f"Coffee monthly {n}")
    created_at = NOW


class PlanVersionFactory(factory.django.DjangoModelFactory[models.PlanVersion]):
    """A live version."""

    class Meta:
        model = models.PlanVersion

    plan = factory.SubFactory(PlanFactory)
    number = 1
    status = VersionStatus.LIVE
    created_at = NOW
    published_at = NOW


class PlanPriceFactory(factory.django.DjangoModelFactory[models.PlanPrice]):
    class Meta:
        model = models.PlanPrice

    version = factory.SubFactory(PlanVersionFactory)
    currency = "EUR"
    amount = Decimal("38.60")


class PlanItemFactory(factory.django.DjangoModelFactory[models.PlanItem]):
    class Meta:
        model = models.PlanItem

    version = factory.SubFactory(PlanVersionFactory)
    sku = factory.SubFactory(SkuFactory)
    quantity = 2


class SubscriptionFactory(factory.django.DjangoModelFactory[models.Subscription]):
    """An active row without calendar or deliveries."""

    class Meta:
        model = models.Subscription

    number = factory.Sequence(lambda n: f"SUB-{n + 800}")
    customer = factory.SubFactory(CustomerFactory)
    version = factory.SubFactory(PlanVersionFactory)
    channel = factory.SubFactory(ChannelFactory, kind=ChannelKind.SUBSCRIPTION)
    status = SubscriptionStatus.ACTIVE
    currency = "EUR"
    starts_on = date(2026, 12, 3)
    created_at = NOW
    started_at = NOW


class SubscriptionLineFactory(factory.django.DjangoModelFactory[models.SubscriptionLine]):
    class Meta:
        model = models.SubscriptionLine

    subscription = factory.SubFactory(SubscriptionFactory)
    position = factory.Sequence(lambda n: n + 1)
    sku = factory.SubFactory(SkuFactory)
    quantity = 2


class CalendarSegmentFactory(factory.django.DjangoModelFactory[models.CalendarSegment]):
    class Meta:
        model = models.CalendarSegment

    subscription = factory.SubFactory(SubscriptionFactory)
    first_number = 1
    anchor_on = date(2026, 12, 3)
    anchor_day = 3
    every = 1
    unit = "month"
    created_at = NOW


class BillingCycleFactory(factory.django.DjangoModelFactory[models.BillingCycle]):
    class Meta:
        model = models.BillingCycle

    subscription = factory.SubFactory(SubscriptionFactory)
    number = factory.Sequence(lambda n: n + 1)
    starts_on = date(2026, 12, 3)
    ends_on = date(2027, 1, 3)
    deliveries = 1
    created_at = NOW


class DeliveryFactory(factory.django.DjangoModelFactory[models.Delivery]):
    class Meta:
        model = models.Delivery

    subscription = factory.SubFactory(SubscriptionFactory)
    number = factory.Sequence(lambda n: n + 1)
    planned_on = date(2026, 12, 3)
    leaves_on = date(2026, 12, 3)
    lock_at = NOW + timedelta(days=7)
    order_at = NOW + timedelta(days=7)


class DeliveryItemFactory(factory.django.DjangoModelFactory[models.DeliveryItem]):
    class Meta:
        model = models.DeliveryItem

    delivery = factory.SubFactory(DeliveryFactory)
    sku = factory.SubFactory(SkuFactory)
    quantity = 1


class SubscriptionEventFactory(factory.django.DjangoModelFactory[models.SubscriptionEvent]):
    class Meta:
        model = models.SubscriptionEvent

    subscription = factory.SubFactory(SubscriptionFactory)
    kind = EventKind.NOTE
    by = "Test"
    at = NOW


class MrrMovementFactory(factory.django.DjangoModelFactory[models.MrrMovement]):
    class Meta:
        model = models.MrrMovement

    subscription = factory.SubFactory(SubscriptionFactory)
    customer = factory.SelfAttribute("subscription.customer")
    kind = MovementKind.NEW
    amount = Decimal("34.46")
    currency = "EUR"
    cause = factory.Sequence(lambda n: f"start:{n}")
    at = NOW
    on = NOW.date()


class SubscriptionLinkFactory(factory.django.DjangoModelFactory[models.SubscriptionLink]):
    class Meta:
        model = models.SubscriptionLink

    subscription = factory.SubFactory(SubscriptionFactory)
    token = factory.Sequence(lambda n: f"sub-token-{n:032d}")
    created_at = NOW
    expires_at = NOW + timedelta(days=400)


class RenewalStopFactory(factory.django.DjangoModelFactory[models.RenewalStop]):
    class Meta:
        model = models.RenewalStop

    scope = "customer"
    reference = factory.Sequence(lambda n: f"C-{n + 20_000}")
    reason = "Moving house"
    opened_at = NOW
    opened_by = "Test"


class PriceChangeFactory(factory.django.DjangoModelFactory[models.PriceChange]):
    class Meta:
        model = models.PriceChange

    number = factory.Sequence(lambda n: f"PC-{n + 9_000}")
    plan = factory.SubFactory(PlanFactory)
    to_version = factory.SubFactory(PlanVersionFactory, plan=factory.SelfAttribute("..plan"))
    earliest_on = date(2027, 1, 1)
    created_at = NOW
    created_by = "Test"


class PriceChangeItemFactory(factory.django.DjangoModelFactory[models.PriceChangeItem]):
    class Meta:
        model = models.PriceChangeItem

    change = factory.SubFactory(PriceChangeFactory)
    subscription = factory.SubFactory(SubscriptionFactory)
    old_price = Decimal("38.60")
    estimated = Decimal("42.10")
    new_price = Decimal("42.10")
    effective_on = date(2027, 1, 28)


class ReckoningFindingFactory(factory.django.DjangoModelFactory[models.ReckoningFinding]):
    class Meta:
        model = models.ReckoningFinding

    subscription = factory.SubFactory(SubscriptionFactory)
    kind = models.FindingKind.MISSING
    number = 1
    words = "It should have been ordered."
    found_at = NOW


class BulkChangeFactory(factory.django.DjangoModelFactory[models.BulkChange]):
    class Meta:
        model = models.BulkChange

    number = factory.Sequence(lambda n: f"BC-{n + 1}")
    kind = "skip"
    by = factory.SubFactory(UserFactory)
    created_at = NOW
