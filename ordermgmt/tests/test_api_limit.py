from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ordermgmt.api.keys import ClientThrottle, counts_call, hash_of
from ordermgmt.models import ApiClient

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def api_client() -> ApiClient:
    return ApiClient.objects.create(name="Shop", key_hash=hash_of("k" * 40), scopes=["orders:read"], created_at=NOW)


def test_calls_are_counted_in_a_window(api_client: ApiClient) -> None:
    def call(seconds: int) -> bool:
        return counts_call(api_client, most=3, seconds=60, now=NOW + timedelta(seconds=seconds))

    assert [call(n) for n in (0, 1, 2, 3, 59)] == [True, True, True, False, False]
    assert [call(n) for n in (61, 62, 63, 64)] == [True, True, True, False]


def test_one_statement_counts(api_client: ApiClient, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        counts_call(api_client, most=3, seconds=60, now=NOW)


def test_too_many_calls_are_told_when_to_come_back(
    api_client: ApiClient, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClientThrottle, "THROTTLE_RATES", {"client": "2/min"})
    answers = [client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {'k' * 40}"}) for _turn in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
