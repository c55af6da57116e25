"""What the README shows is what is printed."""

import contextlib
import io
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bptt.cli import app

README = Path(__file__).parent.parent / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```\n+```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("code", "expected"), EXAMPLES)
def test_an_example_prints_what_stands_below_it(code: str, expected: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == expected


def without_numbers(text: str) -> str:
    """The points are drawn at random: the numbers change with how many there are, and the version of Hypothesis."""
    return re.sub(r" *-?\d[\d.e+,-]*", "#", text)


@pytest.mark.parametrize("command", ["lstm", "published"])
def test_the_command_prints_the_lines_that_are_shown(command: str) -> None:
    shown = re.findall(
        rf"`bptt verify {command}`[^`]*?:\n\n```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(shown) == 1
    printed = CliRunner().invoke(app, ["verify", command, "--examples", "20"]).stdout
    assert without_numbers(shown[0]) in without_numbers(printed)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 3
