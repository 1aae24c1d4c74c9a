"""Which record a page is about, as its history names it."""

from typing import Any

# Pages of records whose address does not name what their history is kept under.
_SUBJECTS = {"person": "person {pk}", "exception": "EX-{pk}", "import_detail": "IMP-{pk}"}


def subject_of_page(match: Any) -> str:
    """What the history of the record on a page is kept under (a resolved address); nothing on other pages."""
    if match is None or not match.kwargs:
        return ""
    if match.url_name in _SUBJECTS:
        return _SUBJECTS[match.url_name].format(**match.kwargs)
    named = match.kwargs.get("number") or match.kwargs.get("code") or ""
    return named if isinstance(named, str) else ""
