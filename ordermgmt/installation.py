"""Is this the live system? A copied or restored database neither charges, mails nor buys labels until somebody says so.

Two signs are compared with what the database says of itself: the place it lies in (server, database, file), and
the highest epoch this machine has seen, kept in DATA_DIR. The epoch rises right after every backup, so that data
restored from one are older than what was seen. The first start of all records the place by itself.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ordermgmt.history import record
from ordermgmt.jobs import Context, Summary
from ordermgmt.leases import database_now
from ordermgmt.models import Installation, User

FRESH = timedelta(seconds=30)
_seen: dict[str, tuple[float, str]] = {}


def why_not_live() -> str:
    """Why this system may not act on the world; empty when it may."""
    row = Installation.objects.first() or _first_start()
    if row.identity != identity():
        return _("The database was copied here from %(address)s.") % {"address": row.address}
    highest = _highest_epoch()
    if row.epoch < highest:
        return _("The database is older than this machine remembers: it was restored from a backup.")
    if row.epoch > highest:
        _remember(row.epoch)
    return ""


def lately_not_live() -> str:
    """The same for pages, asked anew every half minute."""
    name = str(connection.settings_dict["NAME"])
    asked_at, answer = _seen.get(name, (-1e9, ""))
    if monotonic() - asked_at > FRESH.total_seconds():
        answer = why_not_live()
        _seen[name] = (monotonic(), answer)
    return answer


def only_when_live(function: Callable[[Context], Summary | None]) -> Callable[[Context], Summary | None]:
    """A job that acts on the world: on a copy it does nothing and says why."""

    @wraps(function)
    def careful(context: Context) -> Summary | None:
        reason = why_not_live()
        return {"not_live": reason} if reason else function(context)

    return careful


@transaction.atomic(durable=True)
def this_is_live(*, by: User | str, now: datetime) -> Installation:
    """An operator says that this is the live system, and that no other one is."""
    row = Installation.objects.select_for_update().first() or _first_start()
    row.identity, row.address = identity(), settings.BASE_URL
    row.epoch = max(row.epoch, _highest_epoch()) + 1
    row.confirmed_at, row.confirmed_by = now, str(by)
    row.save()
    record("installation.confirmed", gettext_noop("This is the live system: {address}"), subject="installation", by=by,
           now=now, address=row.address)  # fmt: skip
    _remember(row.epoch)
    _seen.clear()
    return row


def next_epoch() -> None:
    """A backup was taken: what it holds is older than the live data from now on."""
    if not why_not_live():
        Installation.objects.update(epoch=F("epoch") + 1)
        _remember(Installation.objects.values_list("epoch", flat=True).get())


def _first_start() -> Installation:
    facts = {"identity": identity(), "address": settings.BASE_URL, "confirmed_at": database_now()}
    # Closes the race of two processes that start at once: the row is there once.
    row, _made = Installation.objects.get_or_create(defaults={**facts, "confirmed_by": "System"}, is_only=True)
    return row


def identity() -> str:
    """Names the place this database lies in; the same on every host that uses it."""
    facts = _postgres_place() if connection.vendor == "postgresql" else _sqlite_place()
    return hashlib.sha256("|".join(facts).encode()).hexdigest()


def _postgres_place() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname, oid FROM pg_database WHERE datname = current_database()")
        name, oid = cursor.fetchone()
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
        (may_ask,) = cursor.fetchone()
        server = ""
        if may_ask:
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
            (server,) = cursor.fetchone()
    return ["postgresql", str(server), name, str(oid)]


def _sqlite_place() -> list[str]:
    path = Path(str(connection.settings_dict["NAME"]))
    place = path.resolve().stat() if path.exists() else None
    return ["sqlite", str(path.resolve()), str(place.st_ino if place else 0)]


def _file() -> Path:
    return Path(settings.DATA_DIR) / "installation.json"


def _highest_epoch() -> int:
    """The highest epoch this machine has seen of this place; nothing on a new machine."""
    try:
        return int(json.loads(_file().read_text()).get(identity(), 0))
    except (OSError, ValueError, AttributeError):
        return 0


def _remember(epoch: int) -> None:
    known: dict[str, Any] = {}
    try:
        known = json.loads(_file().read_text())
    except (OSError, ValueError):
        _file().parent.mkdir(parents=True, exist_ok=True)
    torn = _file().with_suffix(".new")
    torn.write_text(json.dumps({**known, identity(): epoch}))
    torn.replace(_file())
