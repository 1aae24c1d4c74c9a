"""A shop's export may come in where its API does, and the other way round."""

import json

import pytest

from orders.intake.registry import NoParser, parser_for
from orders.intake.shopify import SHOPIFY
from orders.intake.shopify_csv import ShopifyCsv
from orders.states import ChannelKind
from orders.tests.test_intake_shopify_csv import HEAD, sheet
from orders.tests.test_intake_variations import ORDER


@pytest.mark.parametrize("kind", [ChannelKind.SHOPIFY, ChannelKind.SHOPIFY_CSV])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_content_decides_between_export_and_api(kind: str, encoding: str) -> None:
    assert isinstance(parser_for(kind, sheet(HEAD).encode(encoding)), ShopifyCsv)
    assert isinstance(parser_for(kind, ("sep=;\n" + sheet(HEAD, delimiter=";")).encode(encoding)), ShopifyCsv)
    if encoding != "utf-16":
        assert parser_for(kind, json.dumps(ORDER).encode(encoding)) is SHOPIFY


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xfe\x00", b"a,b\n1,2"])
def test_what_neither_knows_is_refused_by_the_channels_own_parser(data: bytes) -> None:
    assert parser_for(ChannelKind.SHOPIFY, data) is SHOPIFY
    assert isinstance(parser_for(ChannelKind.SHOPIFY_CSV, data), ShopifyCsv)


def test_some_channels_send_no_documents() -> None:
    with pytest.raises(NoParser):
        parser_for(ChannelKind.FORM, b"{}")
