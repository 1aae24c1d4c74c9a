"""What may be put in place of a line of a box, and what it costs more."""

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import QuerySet

from inventory.models import Sku, SkuPrice
from ordermgmt.money import ZERO
from orders.models import PlanItem, SubscriptionLine


def swaps_of(line: SubscriptionLine, version_id: int) -> QuerySet[PlanItem]:
    """What a customer may choose in place of a line: the items of its group, or all of the plan."""
    items = PlanItem.objects.filter(version=version_id, month=None).order_by("pk")
    return items.filter(group=line.group) if line.group else items


def swap_surcharge(line: SubscriptionLine, sku: Sku, currency: str, version_id: int) -> Decimal:
    """What an item costs more per unit than the one the plan has there, by list price; never less than nothing."""
    usual_id = _usual_of(line, version_id)
    listed = SkuPrice.objects.filter(sku__in=[usual_id, sku.pk], currency=currency)
    prices = dict(listed.values_list("sku", "amount"))
    return max(prices.get(sku.pk, ZERO) - prices.get(usual_id, ZERO), ZERO)


def _usual_of(line: SubscriptionLine, version_id: int) -> int:
    own = SubscriptionLine.objects.filter(subscription=line.subscription_id, unit_price=None)
    rank = 0 if line.group else own.filter(position__lt=line.position).count()
    return usual_sku(line, rank, swaps_of(line, version_id))


def usual_sku(line: SubscriptionLine, rank: int, choice: Iterable[PlanItem]) -> int:
    """The item the plan has in place of a line: the first of its group, or the one of the same rank. Pure."""
    usual = [item.sku_id for item in choice if item.is_default]
    rank = 0 if line.group else rank
    return usual[rank] if rank < len(usual) else line.sku_id
