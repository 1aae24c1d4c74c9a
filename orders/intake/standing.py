"""Where an order already stands in its channel, when that must stop us from shipping it."""

from django.utils.translation import gettext as _

from orders.intake.document import Finding, ParsedOrder

DONE = frozenset({"fulfilled", "completed", "shipped", "delivered"})
PARTLY = frozenset({"partial", "partially_fulfilled", "partially_shipped"})


def standing(order: ParsedOrder, places: dict[str, str]) -> list[Finding]:
    """Errors that hold an order until a person decides: sent, refunded, failed or a test.

    `places` maps fulfilment, payment and test to where the channel says so.
    """
    found = []
    status, payment = order.channel_fulfilment_status, order.payment_status
    if order.is_test:
        message = _("This is a test order: no money was paid and nothing is to be sent.")
        found.append(Finding("test_order", "error", places.get("test", ""), message))
    if order.cancelled_at:
        return found
    if status in DONE | PARTLY:
        code = "already_fulfilled" if status in DONE else "part_fulfilled"
        message = _("The channel says this order is %(status)s: sending it again would double it.")
        message %= {"status": status}
        found.append(Finding(code, "error", places.get("fulfilment", ""), message, status))
    left = any(line.quantity > line.removed_quantity for line in order.lines)
    if not left:
        message = _("The shop took every unit out of this order; nothing is left to send.")
        found.append(Finding("nothing_left", "error", places.get("payment", ""), message))
    if payment == "refunded" and left:
        message = _("The channel says this order is refunded, but units are left to send.")
        found.append(Finding("refunded", "error", places.get("payment", ""), message, payment))
    if order.channel_payment_status in ("voided", "failed", "expired"):
        message = _("The channel says the payment is %(status)s.")
        message %= {"status": order.channel_payment_status}
        value = order.channel_payment_status
        found.append(Finding("payment_failed", "error", places.get("payment", ""), message, value))
    return found


def unique(findings: list[Finding]) -> list[Finding]:
    """Each finding once: a field read twice complains twice."""
    return list(dict.fromkeys(findings))


def fault_count(findings: list[Finding]) -> int:
    """How many errors there are: warnings keep nothing from being read."""
    return sum(finding.severity == "error" for finding in findings)
