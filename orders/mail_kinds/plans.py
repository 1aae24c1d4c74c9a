"""Messages about a subscription: what was changed, what comes, what it will cost."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.mail_kinds import Field, mail_kind

GROUP = _("Subscriptions")
COMING = [
    {
        "leaves_on": date(2026, 12, 3) + timedelta(weeks=4 * n), "lock_at": date(2026, 11, 30) + timedelta(weeks=4 * n),
        "charge_on": date(2026, 12, 1) + timedelta(weeks=4 * n), "amount": Decimal("38.60"),
        "items": [{"name": "Coffee beans 1 kg", "units": 2}],
    }
    for n in range(3)
]  # fmt: skip
SAMPLE: dict[str, Any] = {
    "subscription_number": "SUB-882", "plan": "Coffee monthly", "recipient": "Maria Lindqvist", "currency": "EUR",
    "status": "active", "resumes_on": None, "ends_on": None, "coming": COMING,
    "sentence": "The delivery on Thu 3 Dec is left out. The next one is on Thu 31 Dec.",
    "button_url": "https://portal.example/s/example/", "button_label": "See your plan",
}  # fmt: skip
PLAN: tuple[Field, ...] = (
    Field("plan.name", _("Name of the plan"), "plan"),
    Field("plan.number", _("Number of the subscription"), "subscription_number"),
    Field("plan.page", _("Link to the customer's page"), "button_url", "url"),
)
NAMED = (*PLAN, Field("customer.name", _("Name of the customer"), "recipient"))
CHANGED = (*NAMED, Field("change", _("What was changed, in a sentence"), "sentence"))

for _n, (_name, _title, _when) in enumerate(
    (
        ("subscription_started", _("Subscription started"), _("A subscription began")),
        ("subscription_skipped", _("Delivery left out"), _("A delivery was skipped")),
        ("subscription_paused", _("Subscription paused"), _("A subscription was paused")),
        ("subscription_resumed", _("Subscription goes on"), _("A paused subscription goes on")),
        ("subscription_changed", _("Subscription changed"), _("Something of a subscription was changed")),
        ("subscription_cancelled", _("Subscription ended"), _("A subscription was cancelled")),
        ("subscription_reactivated", _("Subscription starts again"), _("An ended subscription was started again")),
        ("subscription_shortened", _("Something is out of stock"), _("A part of a delivery is not in stock")),
    )
):
    mail_kind(
        _name, title=_title, when=_when, group=GROUP, rank=20 + _n, fields=CHANGED, sample=SAMPLE,
        parts={"content": _("What was changed, and what comes next")}, starts=(("part", "content"), ("button", "")),
    )  # fmt: skip

FIRST = COMING[0]
mail_kind(
    "subscription_upcoming", title=_("Next delivery is coming"), when=_("Some days before changes to a delivery close"),
    group=GROUP, rank=19,
    fields=(
        *NAMED,
        Field("next.leaves", _("Day it leaves us"), "first.leaves_on", "day"),
        Field("next.sum", _("What it costs"), "first.amount", "money"),
        Field("next.charged", _("Day it is charged"), "first.charge_on", "day"),
        Field("next.change_until", _("Last day for changes"), "first.lock_at", "day"),
    ),
    sample=SAMPLE | {"first": FIRST, "button_label": "Skip or change it"},
    parts={"content": _("Items, sum and days")}, starts=(("part", "content"), ("button", "")),
)  # fmt: skip
mail_kind(
    "subscription_link", title=_("Link to subscriptions"), when=_("Somebody asked for the link to a subscription"),
    group=GROUP, rank=30, fields=PLAN, is_urgent=True,
    sample=SAMPLE | {"is_lasting": True, "plans": [{"number": "SUB-882", "plan": "Coffee monthly", "url": "https://portal.example/s/example/"}]},
)  # fmt: skip
mail_kind(
    "subscription_code", title=_("Code for a subscription"), when=_("A subscriber proves that it is them"), group=GROUP,
    rank=31, fields=(PLAN[1], Field("code", _("The code"), "code")), is_urgent=True, has_button=False,
    sample={"subscription_number": "SUB-882", "code": "123456"}, starts=(("part", "content"),),
)  # fmt: skip
PRICE: dict[str, Any] = {
    "subscription_number": "SUB-882", "plan": "Coffee monthly", "old": Decimal("38.60"), "new": Decimal("42.10"),
    "currency": "EUR", "effective_on": date(2027, 1, 1), "is_rise": True,
    "button_url": "https://portal.example/s/example/", "button_label": "See your subscription",
}  # fmt: skip
PRICE_FIELDS = (
    *PLAN,
    Field("price.old", _("Old price"), "old", "money"),
    Field("price.new", _("New price"), "new", "money"),
    Field("price.from", _("Day from which it counts"), "effective_on", "day"),
)
mail_kind("price_change", title=_("New price"), when=_("The price of a subscription will change"), group=GROUP, rank=32, fields=PRICE_FIELDS, sample=PRICE)  # fmt: skip
mail_kind("price_kept", title=_("Price stays"), when=_("An announced change of price was called off"), group=GROUP, rank=33, fields=PRICE_FIELDS, sample=PRICE)  # fmt: skip
