"""Parts of the admin's first page beyond background work: what is still to be set up, doors, mail, the machine."""

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from ordermgmt.homes import Part, home_part
from ordermgmt.models import MessageState, OutgoingMessage
from ordermgmt.retention import backups_in
from ordermgmt.roles import Role
from ordermgmt.setting_up import Door, SetupTask, all_doors, doors, setup_task, setup_tasks
from ordermgmt.templatetags import portal
from ordermgmt.version import version

# A nightly backup is missed when the newest is older; a disk is nearly full below this share that is free.
BACKUP_WITHIN = timedelta(hours=26)
LEAST_FREE = 0.1
MAIL_DAYS = timedelta(days=7)


@setup_task(rank=40)
def mail_domain() -> SetupTask:
    """Real messages leave under an address of a domain of one's own."""
    leaves = not settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend"))
    own = ".example" not in settings.DEFAULT_FROM_EMAIL
    note = "" if leaves and own else _("Set EMAIL_URL and DEFAULT_FROM_EMAIL, then send a message to yourself")
    return SetupTask(title=_("Mail domain"), url=reverse("message_list"), is_done=leaves and own, note=note)


@home_part(Role.ADMIN, rank=5)
def what_is_missing(request: HttpRequest, now: datetime) -> Part | None:
    """The tasks, while one of them is open."""
    tasks = setup_tasks()
    done = sum(task.is_done for task in tasks)
    if done == len(tasks):
        return None
    return Part(_("Set up"), template="home/setup.html", facts={"tasks": tasks, "done": done, "total": len(tasks)})


@home_part(Role.ADMIN, rank=15)
def integrations(request: HttpRequest, now: datetime) -> Part:
    """Every way in and out: when it last worked, what waits, what went wrong."""
    return Part(_("Integrations"), template="home/doors.html", facts={"doors": all_doors(now)})


@doors
def mail_door(now: datetime) -> Iterable[Door]:
    recent = OutgoingMessage.objects.filter(created_at__gte=now - MAIL_DAYS)
    found = recent.aggregate(
        last=Max("sent_at"),
        waiting=Count("pk", filter=Q(state=MessageState.WAITING)),
        dead=Count("pk", filter=Q(state=MessageState.DEAD)),
    )
    last = recent.filter(state=MessageState.DEAD).order_by("-pk").values_list("last_error", flat=True).first()
    url = f"{reverse('message_list')}?view={'dead' if found['dead'] else 'waiting'}"
    yield Door(name=_("E-mail"), log_url=url, last_at=found["last"], waiting=found["waiting"], error=last or "")


@home_part(Role.ADMIN, rank=12)
def machine(request: HttpRequest, now: datetime) -> Part:
    """Mail that arrived, room on the disk, the last backup, the version: each with what is wrong about it."""
    return Part(
        _("System"), template="home/system.html", facts={"lines": [_delivered(now), _disk(), _backup(now), _version()]}
    )


def _line(label: str, value: str, *, is_good: bool, url: str = "", note: str = "") -> dict[str, object]:
    return {"label": label, "value": value, "tone": "good" if is_good else "warn", "url": url, "note": note}


def _delivered(now: datetime) -> dict[str, object]:
    """The share of a week's messages that left: those still waiting are not counted."""
    ended = OutgoingMessage.objects.filter(created_at__gte=now - MAIL_DAYS).aggregate(
        sent=Count("pk", filter=Q(state=MessageState.SENT)), dead=Count("pk", filter=Q(state=MessageState.DEAD))
    )
    tried = ended["sent"] + ended["dead"]
    words = _("%(sent)s of %(tried)s") % {"sent": portal.number(ended["sent"]), "tried": portal.number(tried)}
    url = f"{reverse('message_list')}?view=dead"
    return _line(_("Messages sent in 7 days"), words, is_good=not ended["dead"], url=url)


def _disk() -> dict[str, object]:
    disk = shutil.disk_usage(settings.DATA_DIR)
    free = disk.free / disk.total
    words = _("%(share)s %% free (%(gb)s GB)") % {"share": round(free * 100), "gb": portal.number(disk.free // 10**9)}
    return _line(_("Storage"), words, is_good=free >= LEAST_FREE)


def _backup(now: datetime) -> dict[str, object]:
    newest = max(backups_in(settings.BACKUP_DIR), default=None)
    if newest is None:
        return _line(
            _("Backups"), _("none yet"), is_good=False, url=reverse("job_list"), note=_("Run the job “Backup”")
        )
    words = _("%(age)s ago") % {"age": portal.duration(now - newest)}
    return _line(_("Backups"), words, is_good=now - newest < BACKUP_WITHIN, url=reverse("job_list"))


def _version() -> dict[str, object]:
    return _line(_("Version"), version(), is_good=True)
