from orders.models.bulk import BulkChange
from orders.models.channels import Channel, InboundOrder, InboundRevision, SkuAlias
from orders.models.collecting import (
    Charge,
    Dispute,
    Dunning,
    DunningPolicy,
    PayLink,
    PaymentMethod,
    Payout,
    PayoutLine,
    ProviderEvent,
    Refund,
)
from orders.models.deliveries import BillingCycle, CalendarSegment, Delivery, DeliveryItem
from orders.models.in_work import OrderInWork
from orders.models.ledgers import AccountEntry, Promotion, Redemption, RevenueEntry, TaxRate
from orders.models.money import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Payment, Receipt, WriteOff
from orders.models.orders import AddressKind, Order, OrderAddress, OrderCharge, OrderLine, OrderLink
from orders.models.plans import Plan, PlanItem, PlanPrice, PlanVersion, PriceChange, PriceChangeItem
from orders.models.promises import Allocation, Hold, OrderChange, SourcingDecision
from orders.models.reckoning import FindingKind, ReckoningFinding
from orders.models.subscription_history import MrrMovement, SubscriptionEvent
from orders.models.subscriptions import RenewalStop, Subscription, SubscriptionLine, SubscriptionLink
from orders.models.values import CustomerValue, ValueFit

__all__ = [
    "AccountEntry",
    "AddressKind",
    "Allocation",
    "BillingCycle",
    "BulkChange",
    "CalendarSegment",
    "Channel",
    "Charge",
    "CreditNote",
    "CreditNoteLine",
    "CustomerValue",
    "Delivery",
    "DeliveryItem",
    "Dispute",
    "Dunning",
    "DunningPolicy",
    "FindingKind",
    "Hold",
    "InboundOrder",
    "InboundRevision",
    "Invoice",
    "InvoiceLine",
    "MrrMovement",
    "Order",
    "OrderAddress",
    "OrderChange",
    "OrderCharge",
    "OrderInWork",
    "OrderLine",
    "OrderLink",
    "PayLink",
    "Payment",
    "PaymentMethod",
    "Payout",
    "PayoutLine",
    "Plan",
    "PlanItem",
    "PlanPrice",
    "PlanVersion",
    "PriceChange",
    "PriceChangeItem",
    "Promotion",
    "ProviderEvent",
    "Receipt",
    "ReckoningFinding",
    "Redemption",
    "Refund",
    "RenewalStop",
    "RevenueEntry",
    "SkuAlias",
    "SourcingDecision",
    "Subscription",
    "SubscriptionEvent",
    "SubscriptionLine",
    "SubscriptionLink",
    "TaxRate",
    "ValueFit",
    "WriteOff",
]
