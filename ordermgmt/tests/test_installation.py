"""A copied or restored database acts on nobody until somebody says that it is the live system."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from ordermgmt import installation
from ordermgmt.delivery import send_messages
from ordermgmt.factories import NOW, OutgoingMessageFactory, UserFactory
from ordermgmt.installation import next_epoch, this_is_live, why_not_live
from ordermgmt.jobs import Context
from ordermgmt.models import Activity, Installation, MessageState
from ordermgmt.roles import Role

pytestmark = pytest.mark.django_db
HIGHEST, REMEMBER, LATELY = installation._highest_epoch, installation._remember, installation.lately_not_live


@pytest.fixture(autouse=True)
def _remembers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> Iterator[None]:
    """A machine with a memory of its own."""
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(installation, "_highest_epoch", HIGHEST)
    monkeypatch.setattr(installation, "_remember", REMEMBER)
    installation._seen.clear()
    yield
    installation._seen.clear()


def send() -> Any:
    return send_messages(Context(now=NOW, name="send_messages", inline=True))


def test_the_first_start_is_live_and_stays_so() -> None:
    assert why_not_live() == ""
    assert why_not_live() == ""
    assert Installation.objects.get().confirmed_by == "System"


def test_a_copy_sends_nothing_until_somebody_says_it_is_live() -> None:
    message = OutgoingMessageFactory(due_at=NOW)
    why_not_live()
    Installation.objects.update(identity="f" * 64, address="https://elsewhere.example")
    found = send()
    assert "https://elsewhere.example" in found["not_live"]
    message.refresh_from_db()
    assert (message.state, message.attempts, len(mail.outbox)) == (MessageState.WAITING, 0, 0)
    this_is_live(by="Ana", now=NOW)
    assert send() == {"done": 1}
    assert len(mail.outbox) == 1
    assert Activity.objects.of("installation").get().actor == "Ana"


def test_data_from_before_the_last_backup_were_restored() -> None:
    why_not_live()
    backup = Installation.objects.get()
    next_epoch()
    assert why_not_live() == ""
    Installation.objects.update(epoch=backup.epoch)
    assert "restored" in why_not_live()
    this_is_live(by="Ana", now=NOW)
    assert why_not_live() == ""


def test_a_backup_of_a_copy_changes_nothing() -> None:
    why_not_live()
    Installation.objects.update(identity="f" * 64)
    next_epoch()
    assert Installation.objects.get().epoch == 1


def test_another_machine_on_the_same_database_is_live(settings: Any, tmp_path: Path) -> None:
    why_not_live()
    next_epoch()
    settings.DATA_DIR = tmp_path / "other"
    assert why_not_live() == ""


def test_the_command_says_it() -> None:
    why_not_live()
    Installation.objects.update(identity="f" * 64)
    call_command("this_is_live", "--ask")
    assert why_not_live()
    call_command("this_is_live", "--by", "Ana")
    assert why_not_live() == ""


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role), backend="ordermgmt.access.RoleBackend")
    return client


def test_pages_say_so_and_an_admin_may_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ordermgmt.context_processors.lately_not_live", LATELY)
    why_not_live()
    Installation.objects.update(identity="f" * 64)
    admin = signed_in(Role.ADMIN)
    assert "This is not the live system" in admin.get("/jobs/").content.decode()
    admin.post("/live/")
    assert why_not_live() == ""
    assert "This is not the live system" not in admin.get("/jobs/").content.decode()
    assert signed_in(Role.SUPPORT).get("/live/").status_code == 403
