"""Messages about an order: when each is sent, and the facts its words may name."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.mail_kinds import Field, mail_kind

GROUP = _("Orders")
ORDER: tuple[Field, ...] = (
    Field("order.number", _("Order number"), "order_number"),
    Field("order.shop_number", _("Number in the shop"), "shop_number"),
    Field("order.recipient", _("Name of the recipient"), "recipient"),
    Field("order.total", _("Total"), "total", "money"),
    Field("order.arrives", _("Promised day of arrival"), "promised_on", "day"),
    Field("order.leaves", _("Day it leaves us"), "leaves_on", "day"),
    Field("order.page", _("Link to the customer's page"), "button_url", "url"),
)
SAMPLE: dict[str, Any] = {
    "order_number": "SO-104999", "shop_number": "", "recipient": "Maria Lindqvist", "currency": "EUR",
    "total": Decimal("48.20"), "shipping": Decimal("4.90"), "charges": Decimal(0), "tax": Decimal("5.16"),
    "prices_include_tax": True, "promised_on": date(2026, 11, 25), "leaves_on": date(2026, 11, 24), "is_gift": False,
    "button_url": "https://portal.example/o/example/", "button_label": "See your order",
}  # fmt: skip
LINES = [
    {"name": "Oat drink 1 l", "units": 4, "total": Decimal("8.80")},
    {"name": "Coffee beans 1 kg", "units": 2, "total": Decimal("34.50")},
]
ADDRESS = "Storgatan 12, 114 55 Stockholm, SE"
ADDRESS_FIELD = Field("order.address", _("Delivery address"), "address")

mail_kind(
    "order_confirmation", title=_("Order confirmation"), when=_("An order was placed"), group=GROUP, rank=1,
    fields=(*ORDER, ADDRESS_FIELD, Field("order.paid", _("Sum paid"), "paid", "money"), Field("order.paid_by", _("Way of payment"), "paid_by")),
    sample=SAMPLE | {"lines": LINES, "address": ADDRESS, "paid_by": "card", "paid": Decimal("48.20"), "is_paid": True, "needs_address": False},
    parts={"content": _("What happens now"), "after": _("Items, sums and address")},
)  # fmt: skip
mail_kind(
    "order_hold", title=_("We need your address"), when=_("An order is held because its address is missing or wrong"),
    group=GROUP, rank=2, fields=(*ORDER, ADDRESS_FIELD), is_urgent=True,
    sample=SAMPLE | {"address": ADDRESS, "is_undeliverable": False, "button_label": "Add address"},
    parts={"content": _("What is missing"), "after": _("The address we have")},
)  # fmt: skip
mail_kind(
    "order_late", title=_("Order is late"), when=_("The promised day of an order moved back"), group=GROUP, rank=3,
    fields=(*ORDER, Field("order.before", _("Day promised before"), "old", "day")),
    sample=SAMPLE | {"old": date(2026, 11, 23), "is_short": True, "button_label": "See choices"},
    subject="Your order is late: new date {{ order.arrives }}",
    heading="It is late. New date: {{ order.arrives }}",
    parts={"content": _("Sorry, and why"), "after": _("What can be done")},
)  # fmt: skip
mail_kind(
    "order_cancelled", title=_("Order cancelled"), when=_("An order or a part of it was cancelled"), group=GROUP, rank=4,
    fields=(*ORDER, Field("order.refund", _("Sum that comes back"), "refund_due", "money")),
    sample=SAMPLE | {"is_whole": True, "lines": [{"name": "Oat drink 1 l", "units": 4}], "refund_due": Decimal("48.20")},
)  # fmt: skip
mail_kind(
    "order_changed", title=_("Order changed"), when=_("An order was changed at the customer's wish"), group=GROUP, rank=5,
    fields=ORDER, sample=SAMPLE | {"sentences": ["It goes to Sveavägen 4, 113 59 Stockholm."]},
)  # fmt: skip
mail_kind(
    "order_link", title=_("Link to orders"), when=_("Somebody asked for the link to an order"), group=GROUP, rank=6,
    fields=ORDER, is_urgent=True,
    sample=SAMPLE | {"is_lasting": True, "orders": [{"number": "SO-104999", "placed_on": date(2026, 11, 20), "url": "https://portal.example/o/example/"}], "plans": []},
)  # fmt: skip
mail_kind(
    "order_code", title=_("Code for an order"), when=_("A customer proves that it is them"), group=GROUP, rank=7,
    fields=(*ORDER, Field("code", _("The code"), "code")), sample=SAMPLE | {"code": "123456", "button_url": ""},
    is_urgent=True, has_button=False, starts=(("part", "content"), ("part", "after")),
)  # fmt: skip
mail_kind(
    "thank_you", title=_("Thank you"), when=_("The first order of a customer arrived"), group=GROUP, rank=8,
    fields=ORDER, sample=SAMPLE, is_essential=False, delay=timedelta(days=1),
    subject="Thank you, and how to change things", heading="Thank you for your first order",
    preheader="Three things that are good to know for the next time.",
    starts=(
        ("text", "We hope all of it is as you wanted it. Three things for the next time:"),
        ("text", "- **Follow it.** Every order has its own page: when it arrives, where it is, what is in it. No password.\n- **Change it.** Another address, or not at all: on that page, until it is packed.\n- **Ask us.** Reply to any mail from us. A person reads it, and puts right what is not right."),
        ("button", ""), ("text", "Your people at {{ shop.brand }}"),
    ),
)  # fmt: skip
