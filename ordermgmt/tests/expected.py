"""Texts that people have read and found right, kept in files. `UPDATE_EXPECTED=1` writes them anew, to be read again."""

import os
from pathlib import Path


def agrees(path: Path, text: str) -> bool:
    """True when the text is what the file says; tells the difference through pytest when it is not."""
    if os.environ.get("UPDATE_EXPECTED"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"{path.name} differs; read it and run again with UPDATE_EXPECTED=1"
    return True
