from fulfilment.models.auto_release import AutoRelease
from fulfilment.models.shipments import (
    BoxType,
    Carrier,
    CarrierMessage,
    CarrierRate,
    Carton,
    Label,
    Pickup,
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
    "AutoRelease",
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
    "Pickup",
    "ScanEvent",
    "Shipment",
    "ShipmentLine",
    "TrackingEvent",
    "Wave",
]
