from customers.models.customers import Address, ChannelIdentity, Consent, ConsentKind, Customer
from customers.models.follow_ups import FollowUp

__all__ = ["Address", "ChannelIdentity", "Consent", "ConsentKind", "Customer", "FollowUp"]
