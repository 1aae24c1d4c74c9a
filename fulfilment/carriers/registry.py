"""Which class stands behind a gateway name."""

from fulfilment.carriers.house import HouseCarrier
from fulfilment.carriers.protocol import CarrierGateway

_GATEWAYS: dict[str, CarrierGateway] = {"house": HouseCarrier()}


class UnknownGateway(LookupError):
    """A carrier names a gateway that this installation does not have."""


def gateway_of(name: str) -> CarrierGateway:
    try:
        return _GATEWAYS[name]
    except KeyError:
        raise UnknownGateway(name) from None
