"""States of orders, inbound documents, holds, payments and invoices."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ACCEPTED = "accepted", _("Accepted")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


ORDER_MOVES: dict[str, frozenset[str]] = {
    OrderStatus.DRAFT: frozenset({OrderStatus.ACCEPTED, OrderStatus.CANCELLED}),
    OrderStatus.ACCEPTED: frozenset({OrderStatus.CLOSED, OrderStatus.CANCELLED}),
    OrderStatus.CLOSED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class PaymentStatus(models.TextChoices):
    UNPAID = "unpaid", _("Unpaid")
    AUTHORISED = "authorised", _("Authorised")
    PART_PAID = "part_paid", _("Part paid")
    PAID = "paid", _("Paid")
    PART_REFUNDED = "part_refunded", _("Part refunded")
    REFUNDED = "refunded", _("Refunded")
    OVERDUE = "overdue", _("Overdue")


class FulfilmentStatus(models.TextChoices):
    UNFULFILLED = "unfulfilled", _("Unfulfilled")
    WAITING = "waiting", _("Waiting for stock")
    IN_PROGRESS = "in_progress", _("In progress")
    PART_SHIPPED = "part_shipped", _("Partly shipped")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    PART_RETURNED = "part_returned", _("Partly returned")
    RETURNED = "returned", _("Returned")


class ReplaceReason(models.TextChoices):
    """Why goods are sent again without being paid again."""

    DAMAGED = "damaged", _("Damaged")
    WRONG = "wrong", _("Wrong item")
    MISSING = "missing", _("Missing in the parcel")
    LOST = "lost", _("Lost on the way")
    FAULTY = "faulty", _("Bad quality")
    GOODWILL = "goodwill", _("Goodwill")


class LineKind(models.TextChoices):
    """ITEM is picked; BUNDLE is sold and its COMPONENT lines are picked; SERVICE is neither (gift card, tip)."""

    ITEM = "item", _("Item")
    BUNDLE = "bundle", _("Bundle")
    COMPONENT = "component", _("Part of a bundle")
    SERVICE = "service", _("Not shipped")


STOCKED_KINDS = frozenset({LineKind.ITEM, LineKind.COMPONENT})


class ChargeKind(models.TextChoices):
    SHIPPING = "shipping", _("Delivery")
    FEE = "fee", _("Fee")
    TIP = "tip", _("Tip")
    DUTY = "duty", _("Duty")
    ADJUSTMENT = "adjustment", _("Adjustment")


class Stage(models.TextChoices):
    """Steps a hold can stop, in their order on the way out of the door."""

    ALLOCATE = "allocate", _("promising stock")
    RELEASE = "release", _("release to the floor")
    PICK = "pick", _("picking")
    PACK = "pack", _("packing")
    LABEL = "label", _("the label")
    DISPATCH = "dispatch", _("dispatch")


class HoldCode(models.TextChoices):
    ADDRESS = "address", _("Address not complete")
    UNDELIVERABLE = "undeliverable", _("Address cannot be delivered")
    UNKNOWN_SKU = "unknown_sku", _("Unknown item")
    TOTALS = "totals", _("Totals do not add up")
    PRICE = "price", _("Price differs from the list")
    PAYMENT = "payment", _("Payment missing")
    RISK = "risk", _("Risk to be checked")
    DUPLICATE = "duplicate", _("Possible duplicate")
    CUSTOMER = "customer", _("Customer blocked or overdue")
    QUANTITY = "quantity", _("Unusual quantity")
    OPERATOR = "operator", _("Held by staff")
    REQUEST = "request", _("Customer asked to wait")
    CHANGE = "change", _("Changed at the shop")
    OTHER = "other", _("Other")


class InboundState(models.TextChoices):
    RECEIVED = "received", _("Received")
    ACCEPTED = "accepted", _("Accepted")
    HELD = "held", _("Held")
    REFUSED = "refused", _("Refused")
    CHANGED = "changed", _("Changed at the shop")
    CANCELLED = "cancelled", _("Cancelled")


class RevisionState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPLIED = "applied", _("Applied")
    REJECTED = "rejected", _("Rejected")
    SUPERSEDED = "superseded", _("Superseded")


class ChannelKind(models.TextChoices):
    FORM = "form", _("Staff form")
    API = "api", _("REST API")
    SHOPIFY = "shopify", _("Shopify")
    SHOPIFY_CSV = "shopify_csv", _("Shopify orders export")
    WOOCOMMERCE = "woocommerce", _("WooCommerce")
    CSV = "csv", _("CSV")
    SUBSCRIPTION = "subscription", _("Subscription")


class PaymentKind(models.TextChoices):
    AUTHORISATION = "authorisation", _("Authorisation")
    CAPTURE = "capture", _("Payment")
    REFUND = "refund", _("Refund")


class PaymentState(models.TextChoices):
    PENDING = "pending", _("Pending")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")


class InvoiceStatus(models.TextChoices):
    OPEN = "open", _("Open")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")
    WRITTEN_OFF = "written_off", _("Written off")


class ChangeState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPLIED = "applied", _("Applied")
    UNDONE = "undone", _("Undone")
