from datetime import date, datetime
from decimal import Decimal

import pytest

from inventory.factories import NOW, SkuFactory, WarehouseFactory
from inventory.models import Closure, Sku, SkuPrice
from ordermgmt.prepared import Prepared

pytestmark = pytest.mark.django_db


def test_rows_are_those_of_the_queryset_whatever_the_length_of_lists() -> None:
    skus = [SkuFactory(price=f"{n}.50") for n in range(4)]
    read = Prepared(
        lambda ids, money: Sku.objects.filter(pk__in=ids, prices__currency=money, is_bundle=False).values_list(
            "pk", "code", "prices__amount"
        )
    )
    for ids in ([skus[0].pk], [sku.pk for sku in skus], [skus[2].pk, skus[1].pk]):
        rows = read(ids, "EUR")
        assert sorted(rows) == sorted((s.pk, s.code, s.prices.get().amount) for s in skus if s.pk in ids)
    assert read([skus[0].pk], "SEK") == []


def test_dates_moments_and_money_are_handed_over() -> None:
    house = WarehouseFactory()
    Closure.objects.create(warehouse=house, day=date(2026, 12, 24))
    days = Prepared(lambda a, b: Closure.objects.filter(day__range=(a, b)).values_list("day", "warehouse__cut_off"))
    assert days(date(2026, 12, 1), date(2026, 12, 31)) == [(date(2026, 12, 24), house.cut_off)]
    assert days(date(2026, 12, 25), date(2026, 12, 31)) == []
    SkuFactory(price="12.34")
    since = Prepared(lambda a, at: SkuPrice.objects.filter(amount=a, sku__created_at__gte=at).values_list("amount"))
    assert since(Decimal("12.34"), NOW) == [(Decimal("12.34"),)]
    assert since(Decimal("12.35"), NOW) == []
    assert since(Decimal("12.34"), datetime(2027, 1, 1, tzinfo=NOW.tzinfo)) == []


def test_a_value_that_shapes_the_query_is_refused() -> None:
    with pytest.raises(TypeError, match="does not reach"):
        Prepared(lambda n: Sku.objects.filter(is_bundle=bool(n)).values_list("pk"))(1)
