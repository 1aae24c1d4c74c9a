"""Writing and reading the line of history that every verb leaves."""

from datetime import datetime
from typing import Any

from ordermgmt.models.history import Activity, ActivityCategory
from ordermgmt.models.users import User
from ordermgmt.origins import origin

SYSTEM = "System"


def activity(
    verb: str,
    sentence: str,
    *,
    subject: str,
    by: User | str | None,
    now: datetime,
    thread: str = "",
    category: str = ActivityCategory.CHANGES,
    **facts: Any,
) -> Activity:
    """An unsaved line; runs collect them and `bulk_create`. Facts are JSON values.

    A person's line says from where it was done; the address of a customer is not kept.
    """
    here = origin()
    return Activity(
        ip=here.ip if isinstance(by, User) else "",
        request_id=here.request_id,
        at=now,
        actor_id=by.pk if isinstance(by, User) else None,
        actor=str(by) if by else SYSTEM,
        verb=verb,
        category=category,
        subject=subject,
        thread=thread or (subject if subject.startswith("SO-") else ""),
        sentence=sentence,
        facts=facts,
    )


def record(verb: str, sentence: str, **about: Any) -> Activity:
    """Inside the caller's transaction: write one line (arguments as `activity`)."""
    line = activity(verb, sentence, **about)
    line.save(force_insert=True)
    return line
