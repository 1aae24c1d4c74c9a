"""Orders over REST."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from inventory.factories import SkuFactory, WarehouseFactory, stock
from ordermgmt.factories import ApiClientFactory
from ordermgmt.models import ApiClient, IdempotencyKey
from orders import api
from orders.factories import ChannelFactory, OrderFactory
from orders.models import Hold, InboundOrder, Order

pytestmark = pytest.mark.django_db
URL = "/api/v1/orders/"


@pytest.fixture
def shop():
    """A client with a key; SKU-A is in stock."""
    ApiClientFactory(name="Shop", key="right")
    stock(SkuFactory(code="SKU-A"), WarehouseFactory(), 50)
    return Client(headers={"authorization": "Bearer right"})


def body(**facts: Any) -> dict[str, Any]:
    address = {"name": "Maria Lindqvist", "line1": "Storgatan 12", "city": "Stockholm", "postcode": "114 55"}
    made = {
        "external_id": "1001",
        "currency": "EUR",
        "prices_include_tax": True,
        "customer": {"email": "maria@example.com", "name": "Maria Lindqvist"},
        "shipping_address": {**address, "country": "SE"},
        "lines": [{"sku": "SKU-A", "quantity": 2, "unit_price": "10.00", "tax_rate": "0.12"}],
        "payment_status": "paid",
    }
    return made | facts


def post(client: Client, data: Any, **headers: str) -> Any:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    return client.post(URL, content, content_type="application/json", headers=headers)


def test_an_order_is_placed(shop):
    answer = post(shop, body())
    assert (answer.status_code, answer.json()["state"]) == (201, "accepted"), answer.json()
    order = Order.objects.get(number=answer.json()["order"])
    assert (order.total, order.channel.code, order.email) == (20, "api", "maria@example.com")
    shown = shop.get(f"{URL}{order.number}/").json()
    assert (shown["total"], shown["lines"][0]["sku"], shown["lines"][0]["ordered"]) == ("20.00", "SKU-A", 2)


def test_the_same_document_again_is_a_duplicate(shop):
    first, second = post(shop, body()), post(shop, body())
    assert (second.status_code, second.json()["state"]) == (200, "duplicate")
    assert second.json()["order"] == first.json()["order"]
    assert Order.objects.count() == 1


def test_a_key_replays_the_first_answer(shop):
    first = post(shop, body(), **{"idempotency-key": "k1"})
    second = post(shop, body(), **{"idempotency-key": "k1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replay"] == "true"
    assert (Order.objects.count(), IdempotencyKey.objects.count()) == (1, 1)


def test_a_key_used_for_another_order_is_refused(shop):
    post(shop, body(), **{"idempotency-key": "k1"})
    answer = post(shop, body(external_id="1002"), **{"idempotency-key": "k1"})
    assert answer.status_code == 422
    assert "another request" in answer.json()["detail"]
    assert InboundOrder.objects.count() == 1


def test_a_held_order_is_placed_with_its_findings(shop):
    lines = [{"sku": "NOBODY-KNOWS", "quantity": 1, "unit_price": "10.00"}]
    answer = post(shop, body(lines=lines), **{"idempotency-key": "k"})
    assert (answer.status_code, answer.json()["state"]) == (201, "held"), answer.json()
    assert answer.json()["findings"][0]["place"] == "/lines/0/sku"


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "k"}])
@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"{", "line 1"),
        (b"", ""),
        (b"[]", "/"),
        (b"\xff\xfe{", ""),
        (b'{"external_id": "1", "currency": "EUR", "lines": [{"quantity": NaN}]}', "/lines/0/quantity"),
        (json.dumps(body(lines=[{"sku": "SKU-A", "quantity": -1, "unit_price": "1"}])).encode(), "/lines/0/quantity"),
        (json.dumps(body(currency="XXY")).encode(), "/currency"),
        (json.dumps([body(), body(external_id="2")]).encode(), "/"),
    ],
)
def test_what_cannot_be_an_order_is_kept_and_named(shop, data, place, headers):
    answer = post(shop, data, **headers)
    assert (answer.status_code, answer.json()["state"]) == (422, "refused"), answer.json()
    assert any(place in finding["place"] for finding in answer.json()["findings"])
    assert InboundOrder.objects.get().state == "refused"
    assert not Order.objects.exists()


def test_an_endless_body_is_refused(shop, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert post(shop, b"[" + b"1," * 1000 + b"1]").status_code == 413


def test_a_fault_of_ours_keeps_the_document(shop, monkeypatch):
    from orders.actions import taking_in

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(taking_in, "understand_inbound", broken)
    answer = post(shop, body(), **{"idempotency-key": "k"})
    assert answer.status_code == 202
    assert answer.json()["findings"][0]["code"] == "not_understood"
    assert InboundOrder.objects.get().state == "received"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"authorization": "Bearer wrong"}, 401), ({"authorization": "Basic x"}, 401)],
)
def test_without_a_key_nothing_opens(headers, status):
    assert Client(headers=headers).get(URL).status_code == status
    assert Client(headers=headers).post(URL, {}, content_type="application/json").status_code == status


def test_a_key_reaches_only_its_scopes():
    ApiClientFactory(key="reader", scopes=["orders:read"])
    reader = Client(headers={"authorization": "Bearer reader"})
    assert reader.get(URL).status_code == 200
    assert post(reader, body()).status_code == 403
    assert reader.get("/api/v1/stock/").status_code == 403


def test_a_key_that_was_switched_off_is_refused():
    ApiClientFactory(key="off", is_active=False)
    assert Client(headers={"authorization": "Bearer off"}).get(URL).status_code == 401


def test_a_key_bound_to_a_channel_sees_that_channel_alone():
    ours, theirs = ChannelFactory(code="mine", kind="api"), ChannelFactory()
    stock(SkuFactory(code="SKU-A"), WarehouseFactory(), 50)
    other = OrderFactory(channel=theirs)
    ApiClientFactory(key="bound", scopes=["orders:read", "orders:write", "channel:mine"])
    bound = Client(headers={"authorization": "Bearer bound"})
    number = post(bound, body()).json()["order"]
    assert Order.objects.get(number=number).channel == ours
    assert [row["number"] for row in bound.get(URL).json()["results"]] == [number]
    assert bound.get(f"{URL}{other.number}/").status_code == 404
    assert bound.post(f"{URL}{other.number}/holds/", {"reason": "x"}, "application/json").status_code == 404


def test_a_key_of_a_channel_that_takes_nothing_says_so():
    ApiClientFactory(key="lost", scopes=["orders:write", "channel:gone"])
    assert post(Client(headers={"authorization": "Bearer lost"}), body()).status_code == 409


def test_lists_go_page_by_page_with_a_constant_number_of_queries(
    shop, django_assert_num_queries, django_assert_max_num_queries
):
    sku = SkuFactory()
    numbers = [OrderFactory(units={sku: 1}).number for _ in range(5)]
    seen, url = [], f"{URL}?page_size=2"
    while url:
        page = shop.get(url).json()
        seen += [row["number"] for row in page["results"]]
        url = page["next"]
    assert seen == numbers[::-1]
    with django_assert_max_num_queries(10) as first:
        shop.get(f"{URL}?page_size=1")
    with django_assert_num_queries(len(first)):
        shop.get(f"{URL}?page_size=5")


def test_lists_filter(shop):
    number = post(shop, body()).json()["order"]
    OrderFactory()
    for query in ("external_id=1001", "status=accepted&external_number=1001"):
        assert [row["number"] for row in shop.get(f"{URL}?{query}").json()["results"]] == [number]
    assert shop.get(f"{URL}?status=%00").status_code == 400
    assert shop.get(f"{URL}?cursor=rubbish").status_code == 404


def test_an_order_is_cancelled_once_per_key(shop):
    number = post(shop, body()).json()["order"]
    url, data, key = f"{URL}{number}/cancel/", {"reason": "Changed my mind"}, {"idempotency-key": "c"}
    first, second = (shop.post(url, data, "application/json", headers=key) for _ in range(2))
    assert (first.status_code, first.json()["status"], second.json()) == (200, "cancelled", first.json())
    late = shop.post(url, data, "application/json")
    assert late.status_code == 409
    assert "cancelled already" in late.json()["detail"]
    assert shop.get("/api/v1/stock/?sku=SKU-A").json()["results"][0]["available"] == 50


def test_an_order_is_held_once_per_key(shop):
    order = OrderFactory()
    url, data = f"{URL}{order.number}/holds/", {"reason": "Customer rang", "code": "request", "blocks": ["dispatch"]}
    first = shop.post(url, data, "application/json", headers={"idempotency-key": "h"})
    second = shop.post(url, data, "application/json", headers={"idempotency-key": "h"})
    assert (first.status_code, first.json()) == (201, second.json())
    assert first.json()["holds"][0]["blocks"] == ["dispatch"]
    assert Hold.objects.get().opened_by == "API Shop"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "reason"),
        ({"reason": "x", "price": 1}, "price"),
        ({"reason": "x", "blocks": ["everything"]}, "blocks"),
        ({"reason": "x" * 301}, "reason"),
        ([], "non_field_errors"),
        (b'{"reason": "a", "reason": "b"}', "more than once"),
        (b'{"reason": NaN}', "NaN"),
        (b'{"reason": "a\\u0000b"}', "NUL"),
        (b'{"reason": "\\ud800"}', "surrogate"),
        (b"[" * 50 + b"]" * 50, "levels deep"),
        (b"[" * 100_000 + b"]" * 100_000, "levels deep"),
        (b"\xff", "UTF-8"),
        (b'{"reason": 1' + b"0" * 5000 + b"}", "too long"),
    ],
)
def test_a_wrong_body_is_named(shop, data, words):
    order = OrderFactory()
    content = data if isinstance(data, bytes) else json.dumps(data)
    answer = shop.post(f"{URL}{order.number}/holds/", content, "application/json")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Hold.objects.exists()


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_an_unusable_key_is_named(shop, key):
    assert post(shop, body(), **{"idempotency-key": key}).status_code == 400


def test_items_stock_and_parcels(shop):
    items = shop.get("/api/v1/items/?code=SKU-A").json()["results"]
    assert (items[0]["code"], items[0]["prices"]) == ("SKU-A", [{"currency": "EUR", "amount": "10.00"}])
    (level,) = shop.get("/api/v1/stock/?sku=SKU-A").json()["results"]
    assert (level["on_hand"], level["available"]) == (50, 50)
    assert shop.get("/api/v1/shipments/").json()["results"] == []


def test_the_document_describes_every_route(client):
    document = client.get("/api/v1/openapi.json").json()
    assert {path.removeprefix("/api/v1") for path in document["paths"]} >= {
        "/orders/", "/orders/{number}/", "/orders/{number}/holds/", "/orders/{number}/cancel/", "/items/", "/stock/", "/shipments/",
    }  # fmt: skip
    assert document["components"]["securitySchemes"] == {"apiKey": {"type": "http", "scheme": "bearer"}}


def test_a_key_is_shown_once_and_works(capsys):
    call_command("create_api_key", "Robot", "--scopes", "orders:read", "--channel", "web")
    key = capsys.readouterr().out.strip()
    client = ApiClient.objects.get()
    assert key not in client.key_hash
    assert client.scopes == ["orders:read", "channel:web"]
    assert Client(headers={"authorization": f"Bearer {key}"}).get(URL).status_code == 200
    with pytest.raises(CommandError, match="--renew"):
        call_command("create_api_key", "Robot")
    call_command("create_api_key", "Robot", "--renew")
    assert Client(headers={"authorization": f"Bearer {key}"}).get(URL).status_code == 401
    with pytest.raises(CommandError, match="Unknown scopes"):
        call_command("create_api_key", "Other", "--scopes", "everything")


def test_states_and_answers_match():
    from orders.actions.taking_in import STATES

    assert {*STATES.values(), "duplicate"} == set(api.STATUS_OF)
