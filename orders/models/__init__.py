from orders.models.channels import Channel, InboundOrder, InboundRevision, SkuAlias
from orders.models.in_work import OrderInWork
from orders.models.money import Invoice, InvoiceLine, Payment
from orders.models.orders import AddressKind, Order, OrderAddress, OrderCharge, OrderLine, OrderLink
from orders.models.promises import Allocation, Hold, OrderChange, SourcingDecision

__all__ = [
    "AddressKind",
    "Allocation",
    "Channel",
    "Hold",
    "InboundOrder",
    "InboundRevision",
    "Invoice",
    "InvoiceLine",
    "Order",
    "OrderAddress",
    "OrderChange",
    "OrderCharge",
    "OrderInWork",
    "OrderLine",
    "OrderLink",
    "Payment",
    "SkuAlias",
    "SourcingDecision",
]
