from django.urls import URLPattern, URLResolver, path

from fulfilment.views import shipments, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/carriers/<slug:code>/", webhooks.carrier_webhook, name="carrier_webhook"),
    path("shipments/", shipments.shipment_list, name="shipment_list"),
    path("shipments/hand-over/", shipments.hand_over, name="shipment_hand_over"),
    path("shipments/events/", shipments.import_events, name="shipment_events"),
    path("shipments/<str:number>/", shipments.shipment, name="shipment"),
    path("shipments/<str:number>/dispatch/", shipments.dispatch, name="shipment_dispatch"),
    path("shipments/<str:number>/events/", shipments.add_event, name="shipment_event"),
    path("shipments/<str:number>/solve/", shipments.solve, name="shipment_solve"),
    path("shipments/<str:number>/labels/<int:label_id>/", shipments.relabel, name="shipment_relabel"),
]
