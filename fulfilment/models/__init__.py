from fulfilment.models.shipments import (
    BoxType,
    Carrier,
    CarrierMessage,
    CarrierRate,
    Carton,
    Label,
    Shipment,
    ShipmentLine,
    TrackingEvent,
)
from fulfilment.models.work import (
    FulfilmentLine,
    FulfilmentOrder,
    PackBox,
    PackItem,
    PickTask,
    ScanEvent,
    Wave,
)

__all__ = [
    "BoxType",
    "Carrier",
    "CarrierMessage",
    "CarrierRate",
    "Carton",
    "FulfilmentLine",
    "FulfilmentOrder",
    "Label",
    "PackBox",
    "PackItem",
    "PickTask",
    "ScanEvent",
    "Shipment",
    "ShipmentLine",
    "TrackingEvent",
    "Wave",
]
