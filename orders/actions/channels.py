"""Channels by the name people use for them."""

from django.db import transaction

from orders.models import Channel
from orders.states import ChannelKind


@transaction.atomic
def channel_named(name: str) -> Channel | None:
    """The channel of this code; else the oldest active one of this kind (`shopify`, `csv`, …), made when there is none.

    So that a new installation takes in its first file without setting anything up.
    """
    if known := Channel.objects.filter(code=name).first():
        return known
    kind = name.replace("-", "_")
    if kind not in ChannelKind.values:
        return None
    of_kind = Channel.objects.filter(kind=kind, is_active=True).order_by("pk").first()
    return of_kind or Channel.objects.create(code=name, name=str(ChannelKind(kind).label), kind=kind)
