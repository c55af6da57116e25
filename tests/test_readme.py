"""What the README shows is what is printed."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bptt.cli._app import app

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SECTIONS = [section for section in re.split(r"^##+ ", README, flags=re.MULTILINE) if "```python" in section]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.splitlines()[0])
def test_the_examples_of_a_section_print_what_stands_below_them(section: str) -> None:
    """One after the other; what stands directly below an example is what it prints."""
    names: dict[str, Any] = {"__name__": "readme"}
    for code, expected in re.findall(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", section, re.DOTALL):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "README.md", "exec"), names)
        assert printed.getvalue() == expected


def without_numbers(text: str) -> str:
    """The points are drawn at random: the numbers change with how many there are, and the version of Hypothesis."""
    return re.sub(r" *-?\d[\d.e+,-]*", "#", text)


@pytest.mark.parametrize("command", ["lstm", "published"])
def test_the_command_prints_the_lines_that_are_shown(command: str) -> None:
    shown = re.findall(rf"`bptt verify {command}`[^`]*?:\n\n```text\n(.*?)```", README, re.DOTALL)
    assert len(shown) == 1
    printed = CliRunner().invoke(app, ["verify", command, "--examples", "20"]).stdout
    assert without_numbers(shown[0]) in without_numbers(printed)


def test_there_are_examples() -> None:
    assert len(SECTIONS) >= 4
    assert README.count("```text") >= 8
