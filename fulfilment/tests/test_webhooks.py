"""The carrier webhook: signed, small, once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment.actions.dispatching import dispatch_shipment
from fulfilment.models import Carrier, CarrierMessage, Label, Shipment, TrackingEvent
from fulfilment.states import ShipmentStatus
from fulfilment.tests.parcels import packed
from fulfilment.views.webhooks import LARGEST, signature

SECRET, OTHER = "a-shared-secret-of-the-carrier", "the-secret-of-another"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.CARRIER_WEBHOOK_SECRETS = {"house": SECRET, "other": OTHER}


@pytest.fixture
def shipment() -> Shipment:
    made = packed()
    return dispatch_shipment(made.pk, by="Ana", now=timezone.now())


def post(body: Any, *, stamp: str = "", signed: str = "", code: str = "house", secret: str = SECRET) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = stamp or str(int(timezone.now().timestamp()))
    headers = {"Webhook-Timestamp": stamp, "Webhook-Signature": signed or signature(secret, stamp, code, raw)}
    return Client().post(f"/webhooks/carriers/{code}/", raw, content_type="application/json", headers=headers)


def delivered(**more: Any) -> dict[str, Any]:
    return {
        "tracking_number": Label.objects.get().tracking_number,
        "event_id": "e-1",
        "status": "DELIVERED",
        "happened_at": timezone.now().isoformat(),
        **more,
    }


def test_a_signed_message_moves_the_parcel_once(shipment: Shipment) -> None:
    body = delivered(place="Malmö", message="Left at the door")
    assert post(body).json() == {"state": "done", "new": 1, "known": 0, "refused": []}
    assert post(body).json()["state"] == "duplicate"
    assert post(body | {"note": "another body, same event"}).json()["known"] == 1
    shipment.refresh_from_db()
    assert shipment.status == ShipmentStatus.DELIVERED
    assert TrackingEvent.objects.count() == 1
    assert CarrierMessage.objects.count() == 2


def test_a_message_that_was_stored_but_not_worked_is_worked_at_the_repeat(shipment: Shipment) -> None:
    body = json.dumps(delivered()).encode()
    from fulfilment.actions.tracking import keep_message

    keep_message("house", body.decode(), now=timezone.now())
    assert post(body).json()["new"] == 1


@pytest.mark.parametrize("signed", ["0" * 64, "ä", "x"])
def test_a_wrong_signature_leaves_nothing(shipment: Shipment, signed: str) -> None:
    assert post(delivered(), signed=signed).status_code == 401
    assert not CarrierMessage.objects.exists()


@pytest.mark.parametrize("age", [-timedelta(minutes=6), timedelta(minutes=6)])
def test_an_old_or_future_message_is_refused(shipment: Shipment, age: timedelta) -> None:
    stamp = str(int((timezone.now() + age).timestamp()))
    assert post(delivered(), stamp=stamp).status_code == 401


@pytest.mark.parametrize("stamp", ["now", "-5", "1e9", "99999999999999999999", "٣"])
def test_a_timestamp_that_is_none_is_refused(shipment: Shipment, stamp: str) -> None:
    assert post(delivered(), stamp=stamp, signed="x").status_code == 401


def test_a_huge_message_is_not_read(shipment: Shipment) -> None:
    assert post(b" " * (LARGEST + 1)).status_code == 413
    assert not CarrierMessage.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[]",
            b"{",
            b"null",
            b'{"a": NaN}',
            b'{"a": 1, "a": 2}',
            b"[" * 100_000,
            b'{"x": ' + b"9" * 5000 + b"}",
        ),
        *(b'{"tracking_number": "\\u0000", "status": "x"}', b'{"tracking_number": "\\ud800"}'),
    ],
)
def test_what_cannot_be_understood_is_kept_and_named(shipment: Shipment, body: bytes) -> None:
    answer = post(body)
    assert answer.status_code == 422
    assert CarrierMessage.objects.get().state == "refused"
    assert CarrierMessage.objects.get().reason == answer.json()["error"][:300]


def test_bytes_that_are_no_text_are_refused(shipment: Shipment) -> None:
    assert post(b"\xff\xfe\xfa").status_code == 400


def test_an_unknown_parcel_is_kept_with_its_reason(shipment: Shipment) -> None:
    answer = post(delivered(tracking_number="NP999"))
    assert answer.status_code == 202
    assert "NP999" in CarrierMessage.objects.get().reason


def test_an_unknown_status_is_kept_as_unknown(shipment: Shipment) -> None:
    assert post(delivered(status="GORBLED")).json()["new"] == 1
    assert TrackingEvent.objects.get().status == "unknown"
    assert TrackingEvent.objects.get().raw_status == "GORBLED"


def test_only_known_carriers_and_only_posts(shipment: Shipment, settings: Any) -> None:
    assert post(delivered(), code="other").status_code == 404
    assert Client().get("/webhooks/carriers/house/").status_code == 405
    settings.CARRIER_WEBHOOK_SECRETS = {"house": ""}
    assert post(delivered()).status_code == 503
    settings.CARRIER_WEBHOOK_SECRETS = {"other": OTHER}
    assert post(delivered()).status_code == 503


def test_a_carrier_cannot_sign_for_another(shipment: Shipment, settings: Any) -> None:
    """Not with its own secret, and not by sending its own signed message to the other's address."""
    Carrier.objects.create(code="other", name="Other", gateway="house")
    assert post(delivered(), secret=OTHER).status_code == 401
    settings.CARRIER_WEBHOOK_SECRETS = {"house": SECRET, "other": SECRET}
    stamp, body = str(int(timezone.now().timestamp())), json.dumps(delivered()).encode()
    sent_to_other = signature(SECRET, stamp, "other", body)
    assert post(body, stamp=stamp, signed=sent_to_other, code="other").status_code == 202
    assert post(body, stamp=stamp, signed=sent_to_other).status_code == 401


def test_a_carrier_speaks_of_its_own_parcels_only(shipment: Shipment) -> None:
    Carrier.objects.create(code="other", name="Other", gateway="house")
    answer = post(delivered(), code="other", secret=OTHER)
    assert (answer.status_code, answer.json()["new"]) == (202, 0)
    shipment.refresh_from_db()
    assert shipment.status == ShipmentStatus.DISPATCHED
    assert not TrackingEvent.objects.exists()
