from customers.models.customers import Address, ChannelIdentity, Consent, ConsentKind, Customer

__all__ = ["Address", "ChannelIdentity", "Consent", "ConsentKind", "Customer"]
