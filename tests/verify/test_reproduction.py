"""The lines that bring a failure back: they run, and say what they need."""

import enum
import functools
import re
import subprocess
import sys
import textwrap
import types
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from bptt.rnn.arrays import Array
from bptt.verify import GradientMismatch, check_gradient, check_jvp, check_vjp
from bptt.verify._interface import Question
from bptt.verify._reproduction import write_snippet


def f(W: Array, x: Array) -> Any:
    return np.tanh(x @ W.T).sum()


def rows_halved(W: Array, x: Array) -> tuple[Any, Any]:
    δ = 1 - np.tanh(x @ W.T) ** 2
    return np.outer(δ, x) / 2, δ @ W


def layer(x: Array) -> Any:
    return x * x


def pull_back_wrongly(x: Array, cotangent: Array) -> Any:
    return x * cotangent


def push_forward_wrongly(at: tuple[Array], tangents: tuple[Array]) -> Any:
    return at[0] * tangents[0]


class Pair(NamedTuple):
    a: Any
    b: Any


@pytest.mark.parametrize(
    ("check", "of", "rule", "at"),
    [
        (check_gradient, f, rows_halved, (np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([1.0, 0.5]))),
        (check_vjp, layer, pull_back_wrongly, (np.array([1.0, 0.5]),)),
    ],
)
def test_they_fail_again_when_they_are_run_as_a_file(check: Any, of: Any, rule: Any, at: Any, tmp_path: Path) -> None:
    with pytest.raises(GradientMismatch) as raised:
        check(of, rule, at, seed=1)
    explanation, snippet = str(raised.value).split("seed 1, to see it again:\n")
    file = tmp_path / "again.py"
    file.write_text("\n".join(line.removeprefix("    ") for line in snippet.splitlines()), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, file],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "."},
    )
    assert run.returncode == 1
    assert f"GradientMismatch: {explanation.splitlines()[0]}" in run.stderr


def test_they_bring_types_and_structures_back() -> None:
    def of_dict(params: Any) -> Any:
        return (params["a"] ** 2).sum() * params["b"][0] + params["n"].sum()

    point = {"a": np.array([1.5], dtype=np.float32), "b": (2.0,), "n": np.array([1, 2])}
    with pytest.raises(GradientMismatch) as raised:
        check_gradient(of_dict, lambda p: {"a": p["a"], "b": (p["b"][0],), "n": None}, (point,))
    call = str(raised.value).splitlines()[-1].strip()
    assert call == (
        "check_gradient(f, gradient, ({'a': np.array([1.5], np.float32), 'b': (2.0,), 'n': np.array([1, 2])},))"
    )


def test_a_named_tuple_is_imported_and_an_option_written_where_it_is_not_the_usual_one() -> None:
    question = Question(f, rows_halved, wrt=deque(["p"]), method="floats", seed=7)
    assert write_snippet("check_gradient", question, (Pair([1], np.zeros((0, 2))),)) == [
        "import numpy as np",
        "from bptt.verify import check_gradient",
        "from tests.verify.test_reproduction import Pair, f, rows_halved",
        "check_gradient(f, rows_halved, (Pair(a=[1], b=np.zeros((0, 2), np.float64)),),"
        " wrt=['p'], method='floats', seed=7)",
    ]


def test_there_are_none_of_very_many_numbers() -> None:
    x = np.arange(1.0, 300.0)
    with pytest.raises(GradientMismatch) as raised:
        check_gradient(lambda x: (x**2).sum(), lambda x: x, (x,))
    assert str(raised.value).splitlines()[-1] == "seed 0"


def test_a_function_that_only_bears_the_name_of_another_is_not_imported() -> None:
    @functools.wraps(f)
    def bearing_its_name(W: Array, x: Array) -> tuple[Any, Any]:
        return W, x

    question = Question(f, bearing_its_name, wrt=None, method="auto", seed=0)
    assert write_snippet("check_jvp", question, (np.ones(1),)) == [
        "import numpy as np",
        "from bptt.verify import check_jvp",
        "from tests.verify.test_reproduction import f",
        "check_jvp(f, gradient, (np.array([1.0]),))",
    ]


def test_a_jvp_says_how_it_is_wrong_and_with_which_seed() -> None:
    with pytest.raises(GradientMismatch, match=r"wrong: f\(\.\.\.\)\[0\] is(.|\n)*\nseed 0$"):
        check_jvp(layer, push_forward_wrongly, (np.array([1.0, 0.5]),))


def test_a_long_call_is_broken_after_commas_and_runs_again() -> None:
    point = ({"a, 'b\" c": np.random.default_rng(0).normal(size=30), "d": np.array([0.1], np.float32)},)
    of_dict = lambda p: sum((x**2).sum() for x in p.values())  # noqa: E731
    with pytest.raises(GradientMismatch) as raised:
        check_gradient(of_dict, lambda p: p, point)
    snippet = str(raised.value).split("to see it again:\n")[1]
    assert 200 < max(map(len, snippet.splitlines())) <= 300
    assert "np.array([0.1], np.float32)" in snippet
    with pytest.raises(GradientMismatch, match=f"^{re.escape(str(raised.value).splitlines()[0])}"):
        exec(textwrap.dedent(snippet), {"f": of_dict, "gradient": lambda p: p})


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize("key", [Colour.RED, object()])
def test_nothing_is_written_of_a_point_that_its_own_code_does_not_bring_back(key: Any) -> None:
    question = Question(lambda p: p[key].sum(), lambda p: p, wrt=None, method="auto", seed=0)
    assert write_snippet("check_gradient", question, ({key: np.ones(2)},)) == []


def test_a_function_of_a_module_that_another_python_would_not_find_is_not_imported() -> None:
    module = types.ModuleType("loaded_from_a_file_by_other_means")
    exec("def f(x): return (x**2).sum()", module.__dict__)
    sys.modules[module.__name__] = module
    question = Question(module.f, rows_halved, wrt=None, method="auto", seed=0)
    assert write_snippet("check_gradient", question, (np.ones(1),))[-1].startswith("check_gradient(f, rows_halved, ")
    del sys.modules[module.__name__]
