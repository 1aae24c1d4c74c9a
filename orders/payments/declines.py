"""Why a bank said no, and whether the same card can say yes another day.

Hard codes: https://docs.stripe.com/declines/codes ("the customer needs to use another payment method").
"""

from django.utils.translation import gettext_lazy as _

HARD = frozenset(
    {
        "authentication_required",
        "card_not_supported",
        "currency_not_supported",
        "expired_card",
        "fraudulent",
        "incorrect_cvc",
        "incorrect_number",
        "invalid_account",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "invalid_number",
        "lost_card",
        "merchant_blacklist",
        "new_account_information_available",
        "no_method",
        "not_permitted",
        "payment_method_gone",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "security_violation",
        "service_not_allowed",
        "stolen_card",
        "stop_payment_order",
        "transaction_not_allowed",
    }
)
WORDS = {
    "authentication_required": _("the bank wants the customer to confirm it"),
    "card_velocity_exceeded": _("the card has reached its limit"),
    "expired_card": _("the card has expired"),
    "fraudulent": _("the bank thinks of fraud"),
    "generic_decline": _("the bank gave no reason"),
    "card_declined": _("the bank gave no reason"),
    "do_not_honor": _("the bank gave no reason"),
    "incorrect_cvc": _("the security code is wrong"),
    "incorrect_number": _("the card number is wrong"),
    "insufficient_funds": _("not enough money"),
    "issuer_not_available": _("the bank could not be reached"),
    "lost_card": _("the card was reported lost"),
    "no_method": _("no card is saved"),
    "payment_method_gone": _("the saved card is not there any more"),
    "pickup_card": _("the card was reported lost or stolen"),
    "processing_error": _("the bank had a fault"),
    "stolen_card": _("the card was reported stolen"),
    "try_again_later": _("the bank asks to try again later"),
}


def decline_words(code: str) -> str:
    """In the words of the reader's language; an unknown code shows itself."""
    return str(WORDS.get(code) or code.replace("_", " "))


def is_hard(code: str, advice: str = "") -> bool:
    """`advice` is what the card network itself advises."""
    return code in HARD or advice == "do_not_try_again"
