"""How money came or went, in words: by which provider, or by hand in which way."""

from django.utils.translation import gettext_lazy as _

WAYS = {"terminal": _("Card terminal"), "bank": _("Bank transfer"), "cash": _("Cash")}
WORDS = {
    **WAYS,
    "account": _("Account credit"),
    "bank_transfer": _("Bank transfer"),
    "demo": _("Demo payments"),
    "manual": _("By hand"),
    "shop": _("The shop"),
    "stripe": "Stripe",
}


def came_by(provider: str) -> str:
    """What a provider is called; one that is not known keeps its name."""
    return str(WORDS.get(provider, provider))
