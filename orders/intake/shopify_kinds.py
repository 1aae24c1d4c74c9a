"""What a Shopify record is: an order, or one of the many other things its API and webhooks send."""

from typing import Any

from orders.intake.splitting import Dialect, usable_id

KINDS = {
    "draft_order": "a draft order",
    "checkout": "an abandoned checkout",
    "customer": "a customer",
    "fulfillment": "a fulfilment",
    "fulfillment_order": "a fulfilment order",
    "fulfillment_event": "a fulfilment event",
    "fulfillment_service": "a fulfilment service",
    "fulfillment_request": "a fulfilment request",
    "cancellation_request": "a cancellation request",
    "draft_order_invoice": "an invoice for a draft order",
    "refund": "a refund",
    "transaction": "a payment transaction",
    "tender_transaction": "a tender transaction",
    "gift_card": "a gift card",
    "product": "a product",
    "variant": "a product variant",
    "inventory_item": "an inventory item",
    "inventory_level": "an inventory level",
    "location": "a location",
    "payout": "a payout",
    "dispute": "a dispute",
    "risk": "a risk assessment",
    "webhook": "a webhook subscription",
    "collection": "a collection",
    "price_rule": "a price rule",
    "discount_code": "a discount code",
    "event": "an event",
    "metafield": "a metafield",
    "shop": "a shop",
    "return": "a return",
}
GIDS = {
    "DraftOrder": "draft_order",
    "AbandonedCheckout": "checkout",
    "Customer": "customer",
    "Fulfillment": "fulfillment",
    "FulfillmentOrder": "fulfillment_order",
    "FulfillmentEvent": "fulfillment_event",
    "Refund": "refund",
    "OrderTransaction": "transaction",
    "GiftCard": "gift_card",
    "Product": "product",
    "ProductVariant": "variant",
    "InventoryItem": "inventory_item",
    "InventoryLevel": "inventory_level",
    "Location": "location",
    "ShopifyPaymentsPayout": "payout",
    "Return": "return",
}
MARKS = {
    "draft_order": {"invoice_sent_at", "invoice_url"},
    "checkout": {"abandoned_checkout_url"},
    "refund": {"refund_line_items"},
    "fulfillment_order": {"assigned_location_id", "destination"},
    "fulfillment": {"tracking_numbers", "tracking_number", "tracking_company"},
}


def judge(tree: dict[str, Any]) -> str:
    """What a record is by its own marks: its global id, else fields only one kind has."""
    gid = str(tree.get("admin_graphql_api_id") or "")
    if gid.startswith("gid://shopify/"):
        kind = gid.removeprefix("gid://shopify/").partition("/")[0]
        return "order" if kind == "Order" else GIDS.get(kind, kind)
    for kind, marks in MARKS.items():
        if any(mark in tree for mark in marks):
            return kind
    placed = ("total_price", "financial_status", "order_number")
    return "order" if "line_items" in tree and any(mark in tree for mark in placed) else ""


def identify(tree: dict[str, Any]) -> str | None:
    return usable_id(tree.get("id"))


DIALECT = Dialect(judge, KINDS, identify)
