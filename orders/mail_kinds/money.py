"""Messages about paying: invoices, charges that went through or did not, money that goes back."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.mail_kinds import Field, mail_kind

GROUP = _("Payments")
PAGE = {"button_url": "https://portal.example/p/example/", "button_label": "Pay now"}
SAMPLE: dict[str, Any] = {
    "invoice_number": "INV-2026-00412", "subject_number": "SUB-882", "recipient": "Maria Lindqvist", "currency": "EUR",
    "amount": Decimal("38.60"), "card": "Visa ••4242", "reason": "the card has expired",
    "next_try": date(2026, 12, 4), "last_on": date(2026, 12, 10), "is_pause": True, "is_skip": False,
}  # fmt: skip
INVOICE = Field("invoice.number", _("Invoice number"), "invoice_number")
PAY: tuple[Field, ...] = (
    INVOICE,
    Field("customer.name", _("Name of the customer"), "recipient"),
    Field("sum", _("Sum"), "amount", "money"),
    Field("about", _("Order or subscription"), "subject_number"),
)
FAILED = (
    *PAY,
    Field("reason", _("What the bank said"), "reason"),
    Field("next_try", _("Day of the next try"), "next_try", "day"),
    Field("last_day", _("Last day to pay"), "last_on", "day"),
    Field("pay.page", _("Link to the page to pay"), "button_url", "url"),
)
TEXT = {"content": _("The built-in text")}
PLAIN: tuple[tuple[str, str], ...] = (("part", "content"),)
WITH_BUTTON: tuple[tuple[str, str], ...] = (("part", "content"), ("button", ""))

for _n, (_name, _title, _when) in enumerate(
    (
        ("payment_failed", _("Payment failed"), _("A charge did not go through")),
        ("payment_action", _("Card cannot be charged"), _("A card cannot be charged any more")),
        ("payment_last_warning", _("Last reminder"), _("A charge failed and the last day to pay comes near")),
    )
):
    mail_kind(_name, title=_title, when=_when, group=GROUP, rank=40 + _n, fields=FAILED, sample=SAMPLE | PAGE, parts=TEXT, starts=WITH_BUTTON)  # fmt: skip
for _n, (_name, _title, _when) in enumerate(
    (
        ("payment_recovered", _("Paid after all"), _("An unpaid invoice was paid")),
        ("payment_receipt", _("Payment received"), _("A charge went through")),
        ("payment_refund", _("Money goes back"), _("A refund was made")),
    )
):
    mail_kind(_name, title=_title, when=_when, group=GROUP, rank=44 + _n, fields=PAY, sample=SAMPLE, parts=TEXT, starts=PLAIN, has_button=False)  # fmt: skip
mail_kind(
    "pay_link", title=_("Link to pay"), when=_("Somebody asked for the link to pay"), group=GROUP, rank=48, is_urgent=True,
    fields=(INVOICE, PAY[1], FAILED[-1]), sample={"recipient": "Maria Lindqvist", "invoice_number": "INV-2026-00412", **PAGE},
)  # fmt: skip
mail_kind(
    "card_expiring", title=_("Card expires soon"), when=_("A saved card is in its last weeks"), group=GROUP, rank=49,
    fields=(PAY[1], Field("card", _("The card"), "card"), Field("card.until", _("Last day of the card"), "expires_on", "day")),
    sample={"recipient": "Maria Lindqvist", "card": "Visa ••4242", "expires_on": date(2026, 12, 31), **PAGE, "button_label": "Save a new card"},
    parts=TEXT, starts=WITH_BUTTON,
)  # fmt: skip
PAPER = {"currency": "EUR", "total": Decimal("48.20"), "invoice_number": "INV-2026-00412"}
mail_kind(
    "invoice_sent", title=_("Invoice"), when=_("An invoice was sent"), group=GROUP, rank=50, has_button=False,
    fields=(INVOICE, Field("invoice.total", _("Total"), "total", "money"), Field("invoice.open", _("Still to pay"), "to_pay", "money"), Field("invoice.due", _("Due on"), "due_on", "day")),
    sample={**PAPER, "to_pay": Decimal("48.20"), "due_on": date(2026, 12, 4), "charged_with": "", "lines": [{"name": "Coffee beans 1 kg", "units": 2, "total": Decimal("48.20")}], **PAGE},
)  # fmt: skip
mail_kind(
    "credit_note_sent", title=_("Credit note"), when=_("A credit note was sent"), group=GROUP, rank=51, has_button=False,
    fields=(INVOICE, Field("note.number", _("Number of the credit note"), "note_number"), Field("note.total", _("Sum"), "total", "money")),
    sample={**PAPER, "note_number": "CN-2026-00012", "reason": "Goods came back"}, parts=TEXT, starts=PLAIN,
)  # fmt: skip
mail_kind(
    "receipt_sent", title=_("Receipt"), when=_("Money came by bank or cash"), group=GROUP, rank=52, has_button=False,
    fields=(Field("receipt.number", _("Number of the receipt"), "receipt_number"), Field("sum", _("Sum"), "amount", "money")),
    sample={"receipt_number": "RC-00012", "amount": Decimal("50.00"), "currency": "EUR", "received_on": date(2026, 11, 20), "used": [{"name": "INV-2026-00412", "total": Decimal("48.20")}], "rest": Decimal("1.80")},
    parts=TEXT, starts=PLAIN,
)  # fmt: skip
