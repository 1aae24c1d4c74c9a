"""Messages about parcels: when each is sent, and the facts its words may name."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.mail_kinds import Field, mail_kind

GROUP = _("Parcels")
PARCEL: tuple[Field, ...] = (
    Field("order.number", _("Order number"), "order_number"),
    Field("order.recipient", _("Name of the recipient"), "recipient"),
    Field("order.address", _("Delivery address"), "address"),
    Field("parcel.carrier", _("Carrier"), "carrier"),
    Field("parcel.service", _("Service of the carrier"), "service"),
    Field("parcel.number", _("Number of the shipment"), "shipment"),
    Field("order.page", _("Link to the customer's page"), "button_url", "url"),
)
SAMPLE: dict[str, Any] = {
    "order_number": "SO-104999", "lines": [{"name": "Oat drink 1 l", "units": 4}, {"name": "Coffee beans 1 kg", "units": 2}],
    "tracking": [("JJSE123456789", "https://track.example/JJSE123456789")], "shipment": "SH-20411", "carrier": "PostNord",
    "service": "MyPack Home", "expected_on": date(2026, 11, 25), "recipient": "Maria Lindqvist",
    "address": "Storgatan 12, 114 55 Stockholm, SE", "button_url": "https://portal.example/o/example/",
}  # fmt: skip

mail_kind(
    "shipped", title=_("Order shipped"), when=_("A parcel was handed to the carrier"), group=GROUP, rank=10,
    fields=(*PARCEL, Field("parcel.arrives", _("Day it should arrive"), "expected_on", "day"), Field("parcel.units", _("Units in the parcel"), "units", "number"), Field("rest.leaves", _("Day the rest leaves us"), "rest_on", "day")),
    sample=SAMPLE | {"units": 6, "button_label": "Follow your order", "rest": [], "rest_on": date(2026, 11, 27)},
    parts={"content": _("What was handed over, and whether a rest follows"), "after": _("Tracking, items and the rest")},
    subject="On its way · arrives {{ parcel.arrives }}", heading="On its way. Arrives {{ parcel.arrives }}",
    preheader="Order {{ order.number }} with {{ parcel.carrier }}",
)  # fmt: skip
mail_kind(
    "delivered", title=_("Delivered"), when=_("The carrier says that a parcel arrived"), group=GROUP, rank=11,
    fields=(*PARCEL, Field("parcel.day", _("Day it arrived"), "delivered_at", "day"), Field("parcel.time", _("Time it arrived"), "delivered_at", "time"), Field("parcel.place", _("Where it was left"), "place")),
    sample=SAMPLE | {"delivered_at": datetime(2026, 11, 25, 10, 12), "place": "at your door", "button_label": "Something wrong?"},  # noqa: DTZ001 - the wall clock, as the mail has it
    parts={"content": _("Where it is, and whom to tell when it is not"), "after": _("Address, tracking and items")},
)  # fmt: skip
