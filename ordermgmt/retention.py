"""Which backups stay: the last of 7 days, of 5 weeks and of 13 months (reliability.md 7.6). Pure."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

DAYS, WEEKS, MONTHS = 7, 5, 13
PREFIX, SUFFIX, STAMP = "ordermgmt-", ".tar.gz", "%Y%m%d-%H%M%S"


def file_name(at: datetime) -> str:
    """ordermgmt-20261124-013000.tar.gz, in UTC."""
    return f"{PREFIX}{at.astimezone(UTC):{STAMP}}{SUFFIX}"


def taken_at(file: Path) -> datetime | None:
    """The moment in the name of a backup; None for every other file."""
    if not (file.name.startswith(PREFIX) and file.name.endswith(SUFFIX)):
        return None
    try:
        return datetime.strptime(file.name[len(PREFIX) : -len(SUFFIX)], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def kept(moments: Iterable[datetime]) -> set[datetime]:
    """Of each of the latest days, weeks and months that have backups, the last one."""
    newest_first = sorted(moments, reverse=True)
    rules: list[tuple[int, Callable[[datetime], tuple[int, ...]]]] = [
        (DAYS, lambda at: (at.year, at.month, at.day)),
        (WEEKS, lambda at: at.isocalendar()[:2]),
        (MONTHS, lambda at: (at.year, at.month)),
    ]
    return {at for most, period in rules for at in _last_of_each(newest_first, most, period)}


def _last_of_each(
    newest_first: list[datetime], most: int, period: Callable[[datetime], tuple[int, ...]]
) -> list[datetime]:
    last: dict[tuple[int, ...], datetime] = {}
    for at in newest_first:
        last.setdefault(period(at), at)
    return list(last.values())[:most]


def backups_in(folder: Path) -> dict[datetime, Path]:
    """Backups by moment, oldest first."""
    found = {at: file for file in folder.glob(f"{PREFIX}*{SUFFIX}") if (at := taken_at(file))}
    return dict(sorted(found.items()))


def prune(folder: Path) -> int:
    """Delete the backups that need not stay; returns how many. Other files are left alone."""
    found = backups_in(folder)
    spare = [file for at, file in found.items() if at not in kept(found)]
    for file in spare:
        file.unlink()
    return len(spare)
