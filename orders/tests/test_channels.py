"""A channel may be named by its code or by its kind."""

import pytest

from orders.actions.channels import channel_named
from orders.models import Channel
from orders.states import ChannelKind

pytestmark = pytest.mark.django_db


def test_a_channel_is_found_by_its_code() -> None:
    shop = Channel.objects.create(code="shop", name="Web shop", kind=ChannelKind.SHOPIFY)
    assert channel_named("shop") == shop


def test_a_kind_means_its_oldest_active_channel() -> None:
    Channel.objects.create(code="old", name="Old", kind=ChannelKind.SHOPIFY, is_active=False)
    shop = Channel.objects.create(code="shop", name="Web shop", kind=ChannelKind.SHOPIFY)
    assert channel_named("shopify") == shop


def test_a_new_installation_gets_the_channel_of_the_kind_once() -> None:
    made = channel_named("shopify-csv")
    assert made is not None
    assert (made.kind, channel_named("shopify_csv")) == (ChannelKind.SHOPIFY_CSV, made)


def test_anything_else_is_no_channel() -> None:
    assert channel_named("fax") is None
    assert not Channel.objects.exists()
