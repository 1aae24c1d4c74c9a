"""A payment provider to talk to."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from orders.tests.stripe_server import SECRET, StripeServer


@pytest.fixture
def stripe_server(settings: Any) -> Iterator[StripeServer]:
    """A local Stripe with state of its own, and the settings that point to it."""
    server = StripeServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_local", SECRET
    settings.STRIPE_API_BASE = settings.STRIPE_PAGES = server.url
    yield server
    server.shutdown()
    server.server_close()
