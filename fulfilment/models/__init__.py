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
from fulfilment.models.work import FulfilmentLine, FulfilmentOrder, PickTask, ScanEvent, Wave

__all__ = [
    "BoxType",
    "Carrier",
    "CarrierMessage",
    "CarrierRate",
    "Carton",
    "FulfilmentLine",
    "FulfilmentOrder",
    "Label",
    "PickTask",
    "ScanEvent",
    "Shipment",
    "ShipmentLine",
    "TrackingEvent",
    "Wave",
]
