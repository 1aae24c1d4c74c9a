"""Gateways to carriers behind one protocol, chosen by `Carrier.gateway`."""

from fulfilment.carriers.protocol import CarrierGateway, LabelRequest, MadeLabel, NoService, Offer, Parcel
from fulfilment.carriers.registry import gateway_of

__all__ = ["CarrierGateway", "LabelRequest", "MadeLabel", "NoService", "Offer", "Parcel", "gateway_of"]
