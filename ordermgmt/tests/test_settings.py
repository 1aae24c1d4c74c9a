"""Settings are documented, and production refuses weak secrets."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR


def test_env_example_names_every_setting() -> None:
    source = (ROOT / "ordermgmt" / "settings.py").read_text()
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', source))
    example = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == example


@pytest.mark.parametrize("secret", ["", "short", "a" * 60, "insecure-" + "abcdefghij" * 6])
def test_production_refuses_a_weak_secret(secret: str) -> None:
    answer = _check({"DEBUG": "0", "SECRET_KEY": secret})
    assert answer.returncode != 0
    assert "SECRET_KEY is missing or weak" in answer.stderr


def test_production_starts_with_a_strong_secret() -> None:
    answer = _check({"DEBUG": "0", "SECRET_KEY": "k3J9-" * 3 + "Zq8vT1mXw5Rb7Yc2Nd4Hf6Gs0Lp_QaUeWiOx" * 2})
    assert answer.returncode == 0, answer.stderr


def _check(values: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **values}
    return subprocess.run(
        [sys.executable, "-c", "import ordermgmt.settings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
