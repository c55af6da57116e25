"""The house as a newcomer finds it: what stands where, what is loaded when, how far a verdict is from its question."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

import bptt
from bptt.verify import judge_gradient

PACKAGE = Path(bptt.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 350  # lines: what can be read in one sitting
MOST_FILES = 15  # of `verify`, from `judge_gradient` to the verdict on a right gradient in NumPy


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after this statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(printed.split())


def test_the_package_is_six_rooms_and_three_files() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == {"balls", "blogpost", "cli", "proofread", "rnn", "verify"}
    assert {path.name for path in PACKAGE.iterdir() if path.is_file()} == {"__init__.py", "__main__.py", "py.typed"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_is_longer_than_can_be_read_in_one_sitting(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_state_is_a_context_and_no_global(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))


def test_the_packages_are_loaded_when_they_are_asked_for() -> None:
    assert not {"bptt.verify", "numpy"} & loaded_by("import bptt")
    assert "bptt.verify" in loaded_by("import bptt; bptt.verify")
    with pytest.raises(AttributeError, match="module 'bptt' has no attribute 'lstm'; it has balls, blogpost"):
        _ = bptt.lstm


def test_the_gradients_need_numpy_alone() -> None:
    others = {"jax", "flint", "hypothesis", "optree", "rich", "typer", "matplotlib", "bptt.balls"}
    assert not others & loaded_by("import bptt.rnn")


def test_reading_a_derivation_loads_no_verdicts_on_gradients_and_no_hypothesis() -> None:
    assert not {"bptt.verify", "hypothesis", "bptt.rnn"} & loaded_by("import bptt.proofread")


def test_a_verdict_at_a_point_needs_no_hypothesis() -> None:
    assert not {"hypothesis", "jax", "torch", "rich"} & loaded_by("import bptt.verify")


def files_passed(function: Any) -> Iterator[str]:
    """The files of `verify` whose functions are called, one for each call; not those of a room behind its own door."""
    passed: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.parent in (PACKAGE / "verify", PACKAGE / "verify" / "methods"):
            passed.append(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return iter(passed)


def test_the_way_from_a_question_to_its_verdict_passes_few_files() -> None:
    x = np.array([0.5, -1.0, 3.0])
    passed = files_passed(lambda: judge_gradient(lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2, (x,)))
    assert 0 < len(set(passed)) <= MOST_FILES
