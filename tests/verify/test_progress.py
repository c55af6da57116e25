"""A count of points on a terminal, and nothing anywhere else."""

import io
import sys
from typing import Any

import numpy as np
import pytest

from bptt.verify import judge_gradient, named_arrays


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def judge() -> Any:
    return judge_gradient(lambda x: np.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2, named_arrays(x="n"), examples=12)


def test_points_are_counted_on_a_terminal_and_the_count_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert judge()
    *counts, blank, end = terminal.getvalue().split("\r")[1:]
    assert counts == [f"{n} of 12 points judged" for n in range(1, 13)]
    assert (blank.strip(), end) == ("", "")
    assert len(blank) == len(counts[-1])


def test_it_is_gone_after_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(ZeroDivisionError):
        judge_gradient(lambda x: 1 / 0, lambda x: x, named_arrays(x="n"), examples=3)
    assert terminal.getvalue().endswith("\r")


def test_nothing_is_written_into_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    assert judge()
    assert log.getvalue() == ""
