from datetime import date, datetime
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.factories import NOW, SkuFactory, WarehouseFactory
from inventory.models import Closure, Sku, SkuPrice
from ordermgmt.loading import Related
from ordermgmt.prepared import Prepared, PreparedRecords

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


def test_records_come_with_what_the_queryset_joins() -> None:
    sku = SkuFactory()
    read = PreparedRecords(lambda ids: Sku.objects.filter(pk__in=ids).select_related("product"))
    (found,) = read([sku.pk])
    assert (found, found.code, found._state.adding, found._state.db) == (sku, sku.code, False, "default")
    assert found._state.fields_cache["product"] == sku.product
    assert read([sku.pk + 1]) == []


def test_related_rows_are_those_of_the_relation(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    skus = [SkuFactory(price="1.00"), SkuFactory(price="2.00")]
    SkuPrice.objects.filter(sku=skus[1]).delete()
    prices = Related("prices", lambda ids: SkuPrice.objects.filter(sku__in=ids))
    expected = {sku.pk: list(sku.prices.all()) for sku in skus}
    with django_assert_num_queries(1):
        assert len(prices.load(skus)) == len(expected[skus[0].pk]) > 0
        assert {sku.pk: list(sku.prices.all()) for sku in skus} == expected
        assert all(price.sku is skus[0] for price in skus[0].prices.all())
        assert prices.load([]) == []
