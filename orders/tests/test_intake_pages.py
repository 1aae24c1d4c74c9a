"""The pages of incoming documents."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from inventory.factories import SkuFactory
from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role
from orders.factories import ChannelFactory
from orders.models import Channel, InboundOrder, SkuAlias
from orders.states import ChannelKind, HoldCode, InboundState, RevisionState
from orders.tests.test_intake_shopify_csv import HEAD, sheet
from orders.tests.test_intake_verbs import ADDRESS, payload, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Channel:
    return ChannelFactory(code="shop", name="Web shop", kind=ChannelKind.SHOPIFY)


def signed_in(client: Client, role: str) -> Client:
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


@pytest.fixture
def support(client: Client) -> Client:
    return signed_in(client, Role.SUPPORT)


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_shows_what_waits_for_a_person(shop: Channel, support: Client) -> None:
    SkuFactory(code="TEA")
    send(shop, payload(), payload(id=2, name="#2", currency="ZZZ"), b"nonsense")
    words = page(support, "/inbound/?view=refused")
    assert "2 documents" in words
    assert "/currency" in words
    assert ">2</a>" in words
    assert ">#1</a>" not in words
    assert "3 documents" in page(support, "/inbound/?view=all")
    assert "1 document" in page(support, "/inbound/?view=all&q=%231")
    empty = page(support, "/inbound/?view=changed")
    assert "Nothing in" in empty


def test_the_list_asks_as_often_for_three_rows_as_for_one(
    shop: Channel, support: Client, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 2, 3):
        send(shop, payload(id=number, name=f"#{number}"))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page(support, "/inbound/?view=all")
        counts.append(len(captured))
    assert counts[0] == counts[2]


def test_a_document_shows_its_findings_where_they_stand(shop: Channel, support: Client) -> None:
    [outcome] = send(shop, payload(shipping_address=None))
    words = page(support, f"/inbound/{outcome.inbound.pk}/")
    assert "/line_items/0/sku" in words
    line = re.search(r'<li id="(line-\d+)" class="noted">\s*&quot;sku&quot;: &quot;TEA&quot;', words)
    assert line
    assert f'href="#{line[1]}"' in words
    assert "Map it" in words
    assert "Read again" not in words


def test_a_csv_document_is_shown_as_its_rows(support: Client) -> None:
    channel = ChannelFactory(code="export", kind=ChannelKind.SHOPIFY_CSV)
    [outcome] = send(channel, sheet(HEAD | {"Total": "ten"}).encode())
    words = page(support, f"/inbound/{outcome.inbound.pk}/")
    assert '<tr id="row-2">' in words
    assert '<td class="noted">ten' in words


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '{"a": "</li><script>x"}', "base64:AAECAwQ="])
def test_hostile_documents_are_only_text(shop: Channel, support: Client, text: str) -> None:
    [outcome] = send(shop, text.encode())
    words = page(support, f"/inbound/{outcome.inbound.pk}/")
    assert "<script>alert" not in words
    assert "<script>x" not in words
    download = support.get(f"/inbound/{outcome.inbound.pk}/document/")
    assert download["Content-Type"] == "text/plain; charset=utf-8"
    assert "attachment" in download["Content-Disposition"]


def test_an_item_is_mapped_once_and_its_orders_go_on(shop: Channel, support: Client) -> None:
    [outcome] = send(shop, payload())
    order = outcome.inbound.order
    assert order is not None
    url = f"/inbound/{outcome.inbound.pk}/map/"
    wrong = support.post(url, {"external_code": "TEA", "sku": "NOPE", "units": "1"})
    assert wrong.status_code == 422
    assert "There is no SKU “NOPE”" in wrong.content.decode()
    sku = SkuFactory(code="OUR-TEA")
    right = support.post(url, {"external_code": "TEA", "sku": "our-tea", "units": "2"}, follow=True)
    assert "1 order goes on" in right.content.decode()
    assert SkuAlias.objects.get().sku == sku
    assert order.lines.get().ordered == 4
    assert order.holds.open().filter(code=HoldCode.UNKNOWN_SKU).count() == 0


def test_a_refused_document_is_read_again(shop: Channel, support: Client) -> None:
    [outcome] = send(shop, payload(currency="ZZZ"))
    words = support.post(f"/inbound/{outcome.inbound.pk}/replay/", follow=True).content.decode()
    assert "still refused" in words
    InboundOrder.objects.update(payload=json.dumps(payload()))
    words = support.post(f"/inbound/{outcome.inbound.pk}/replay/", follow=True).content.decode()
    assert "it is order SO-" in words
    words = support.post(f"/inbound/{outcome.inbound.pk}/replay/", follow=True).content.decode()
    assert "not read again" in words


@pytest.mark.parametrize(("deed", "postcode"), [("apply", "10117"), ("reject", "10115"), ("settle", "10115")])
def test_a_change_at_the_shop_is_decided(shop: Channel, support: Client, deed: str, postcode: str) -> None:
    SkuFactory(code="TEA")
    outcome = send(shop, payload(), payload(shipping_address={**ADDRESS, "zip": "10117"}))[1]
    revision = outcome.inbound.revisions.get(state=RevisionState.PROPOSED)
    words = page(support, f"/inbound/{outcome.inbound.pk}/")
    assert "Delivery address" in words
    assert "10117" in words
    support.post(f"/inbound/versions/{revision.pk}/{deed}/")
    order = outcome.inbound.order
    assert order is not None
    order.refresh_from_db()
    assert order.ship_postcode == postcode
    again = support.post(f"/inbound/versions/{revision.pk}/{deed}/", follow=True).content.decode()
    assert "already" in again


def test_files_are_taken_in_by_hand(shop: Channel, support: Client) -> None:
    SkuFactory(code="TEA")
    assert "Take in a file" in page(support, "/inbound/new/")
    files = [
        SimpleUploadedFile("a.json", json.dumps({"orders": [payload(), payload(id=2)]}).encode()),
        SimpleUploadedFile("b.csv", sheet(HEAD).encode("utf-16")),
    ]
    answer = support.post("/inbound/new/", {"channel": shop.pk, "documents": files})
    assert answer.status_code == 200
    assert InboundOrder.objects.count() == 3
    assert InboundOrder.objects.exclude(state=InboundState.REFUSED).count() == 3
    none = support.post("/inbound/new/", {"channel": shop.pk})
    assert none.status_code == 422
    assert "Choose a file" in none.content.decode()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.FINANCE, Role.LEAD])
def test_only_those_who_may_act_on_documents(shop: Channel, client: Client, role: str) -> None:
    [outcome] = send(shop, payload())
    signed_in(client, role)
    for url in (f"/inbound/{outcome.inbound.pk}/map/", f"/inbound/{outcome.inbound.pk}/replay/"):
        assert client.post(url, {"external_code": "TEA", "sku": "X", "units": "1"}).status_code == 403
    assert client.get("/inbound/new/").status_code == 403
    assert client.get("/inbound/").status_code == (403 if role == Role.OPERATOR else 200)
    if role != Role.OPERATOR:
        assert 'name="sku"' not in page(client, f"/inbound/{outcome.inbound.pk}/")
