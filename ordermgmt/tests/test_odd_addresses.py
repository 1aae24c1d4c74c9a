"""What people or machines write into addresses makes a page, never an error of ours."""

import pytest
from django.test import Client

from ordermgmt.factories import UserFactory
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
DAYS = ("0001-01-01", "9999-12-31", "2026-13-45", "--", "2026-02-30")


@pytest.mark.parametrize(
    "address",
    [
        *(f"/exceptions/rota/?from={day}" for day in DAYS),
        *(f"/reports/?period=days&compare={how}&from={day}&to={day}" for day in DAYS for how in ("before", "year")),
        *(f"/flow/pick/passed/?first={day}&last={day}" for day in DAYS),
        *(f"/reports/figures/otif/rows/?first={day}&last={day}" for day in DAYS),
        *(f"/exceptions/?page={page}" for page in ("99999999999999999999", "-1", "0", "²", "x")),
    ],
)
def test_a_page_is_shown(client: Client, address: str) -> None:
    client.force_login(UserFactory(role=Role.MANAGER), backend="ordermgmt.access.RoleBackend")
    assert client.get(address).status_code == 200, address
