"""`bptt verify` as its users run it."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bptt.cli._app import app
from bptt.cli._shipped import list_shipped
from bptt.rnn import network, truncated
from bptt.rnn.losses import LOSSES
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import GradientMismatch
from bptt.verify._strategies import NamedArrays, draw_points

QUICK = ["verify", "--examples", "8", "--max-size", "3"]
QUICKER = ["--examples", "2", "--max-size", "2"]  # in place of those


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


class Run(NamedTuple):
    result: Result
    found: Any  # what was written as JSON


def run_with_json(folder: Path, *arguments: str) -> Run:
    file = folder / "findings.json"
    result = run(*QUICK, *arguments, "--json", str(file))
    return Run(result, json.loads(file.read_text()))


@pytest.fixture(scope="module")
def run_of_all(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_with_json(tmp_path_factory.mktemp("all"))


@pytest.fixture(scope="module")
def run_of_published(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_with_json(tmp_path_factory.mktemp("published"), "published", *QUICKER, "--seed", "1")


def test_every_shipped_gradient_is_right_and_the_published_one_is_refuted(run_of_all: Run) -> None:
    result, found = run_of_all
    assert result.exit_code == 0
    assert "The gradients that bptt ships are all right." in result.stdout
    assert "U[1, 0]: by hand " in result.stdout
    assert "wrong by W: W[" in result.stdout
    assert "by V: right at all of them" in result.stdout

    assert found["published"]["refutations"][1]["sizes"]["T"] == 3  # by W, which is right at fewer steps
    assert found["verdict"] == "right"
    assert found["schema"] == 1
    reports = [*found["shipped"].values(), *found["truncated"].values()]
    assert {leaf["verdict"] for report in reports for leaf in report["leaves"]} == {"right"}
    assert min(leaf["digits"] for report in reports for leaf in report["leaves"]) > 20
    assert set(found["shipped"]) >= set(CELLS) | {f"{name}, sensitivities" for name in CELLS} | {"stacked"}
    assert set(found["truncated"]) == set(CELLS)
    assert {leaf["path"] for leaf in found["shipped"]["lstm"]["leaves"]} == {
        "weights.cell.U", "weights.cell.W", "weights.cell.b", "weights.V", "h0.h", "h0.c", "xs", "y",
    }  # fmt: skip
    by_U, _ = found["published"]["refutations"]
    assert by_U["sizes"] == {"T": 2, "D_x": 1, "D_h": 2, "D_y": 1}
    verdicts = {leaf["path"]: leaf["verdict"] for leaf in found["published"]["leaves"]}
    assert verdicts == {"U": "wrong", "W": "wrong", "V": "right"}
    on_the_sine = {leaf["path"]: leaf["verdict"] for leaf in found["published_on_the_sine"]["formula"]["leaves"]}
    assert on_the_sine == {"weights.cell.U": "wrong", "weights.cell.W": "wrong", "weights.V": "right"}


def test_every_loss_is_met_at_the_last_and_at_every_step() -> None:
    of_lstm, *_ = list_shipped(max_size=3, seed=0, family="lstm")
    losses, met = list(LOSSES.values()), []

    def note(at: NamedArrays) -> None:
        steps = at["y"].shape if losses[at["loss"]].of_classes else at["y"].shape[:-1]
        met.append((at["loss"], steps == at["xs"].shape[:-1], at["lengths"] is not None))

    for points in of_lstm.points:
        draw_points(points, 10, "0", note)
    assert {(loss, every_step) for loss, every_step, _ in met} == set(product(range(len(losses)), (False, True)))
    assert {ragged for *_, ragged in met} == {False, True}
    assert len(met) == 100


@pytest.mark.parametrize(
    ("family", "judged"), [("lstm", {"lstm"}), ("gru", {"gru", "gru-reset-before"}), ("elman", {"elman", "elman-tanh"})]
)
def test_the_name_of_a_cell_judges_that_cell_alone(tmp_path: Path, family: str, judged: set[str]) -> None:
    _, found = run_with_json(tmp_path, family, *QUICKER)
    assert {name.split(",")[0] for name in [*found["shipped"], *found["truncated"]]} == judged
    assert "published" not in found
    assert found["verdict"] == "right"


def test_layers_and_the_published_gradient_can_be_judged_alone(tmp_path: Path, run_of_published: Run) -> None:
    _, layers = run_with_json(tmp_path, "layers", *QUICKER)
    assert set(layers["shipped"]) == {"stacked", "bidirectional", "stacked, bidirectional"}
    assert "published" not in layers
    assert {"published", "published_on_the_sine"} <= set(run_of_published.found)
    assert "shipped" not in run_of_published.found


def test_a_name_that_there_is_not_lists_those_that_there_are() -> None:
    result = run("verify", "ltsm")
    assert result.exit_code == 2
    assert "one of elman, lstm, gru, layers, published, MODULE:NAME or FILE.py:NAME; got 'ltsm'" in re.sub(
        r"[│\s]+", " ", result.output
    )


def test_the_snippet_in_the_json_brings_the_counterexample_back(run_of_all: Run) -> None:
    by_U, by_W = run_of_all.found["published"]["refutations"]
    with pytest.raises(GradientMismatch, match=r"^wrong by U: U\[1, 0\] is \S+, not .*; right by W, V\n"):
        exec("\n".join(by_U["snippet"]), {})
    with pytest.raises(GradientMismatch, match=r"^wrong by U, W: \S+.* is \S+, not .*; right by V"):
        exec("\n".join(by_W["snippet"]), {})


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    tmp_path: Path, run_of_all: Run, run_of_published: Run
) -> None:
    first, again, other = (run_with_json(tmp_path, "elman", *QUICKER, "--seed", seed).found for seed in ("1", "1", "2"))
    assert first == again
    assert [leaf["digits"] for leaf in first["shipped"]["elman"]["leaves"]] != [
        leaf["digits"] for leaf in other["shipped"]["elman"]["leaves"]
    ]
    one, two = (of.found["published_on_the_sine"] for of in (run_of_all, run_of_published))
    assert one != two


def test_a_wrong_shipped_gradient_is_found_and_the_exit_code_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = network.gradient

    def negated(*arguments: Any, **keywords: Any) -> Arguments:
        gradient = right(*arguments, **keywords)
        return gradient._replace(xs=-gradient.xs)

    monkeypatch.setattr(network, "gradient", negated)
    result, found = run_with_json(tmp_path, "lstm", *QUICKER)
    assert result.exit_code == 1
    assert "NOT all right" in result.stdout
    assert "\nlstm: wrong by xs: " in result.stdout
    assert "it is the negative of the true one" in result.stdout
    assert {
        (name, leaf["path"])
        for name, report in found["shipped"].items()
        for leaf in report["leaves"]
        if leaf["verdict"] != "right"
    } == {("lstm", "xs")}


def test_a_wrong_truncated_gradient_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    right = truncated.gradient

    def negated(*arguments: Any) -> Arguments:
        gradient = right(*arguments)
        return gradient._replace(xs=-gradient.xs)

    monkeypatch.setattr(truncated, "gradient", negated)
    result = run(*QUICK, "elman", *QUICKER)
    assert result.exit_code == 1
    assert "NOT all right" in result.stdout


def test_a_gradient_that_cannot_be_judged_is_not_right(monkeypatch: pytest.MonkeyPatch) -> None:
    right = network.gradient

    def of_floats(*arguments: Any, **keywords: Any) -> Arguments:
        gradient = right(*arguments, **keywords)
        assert np.isfinite(float(gradient.xs.flat[0]))
        return gradient

    monkeypatch.setattr(network, "gradient", of_floats)
    result = run("verify", "elman", "--examples", "2", "--max-size", "2")
    assert result.exit_code == 1
    assert "undecided" in result.stdout


def test_sizes_too_small_for_a_counterexample_are_no_refutation() -> None:
    result = run("verify", "published", "--examples", "2", "--max-size", "1")
    assert result.exit_code == 0
    assert "by U, W, V: right at all of them" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--examples", "0"],
        ["verify", "--seed", "-1"],
        ["verify", "--max-size", "x"],
        ["verify", "--what"],
        ["judge"],
    ],
)
def test_a_usage_error_exits_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_folder_that_does_not_exist_is_named_before_any_work_is_done(tmp_path: Path) -> None:
    result = run("verify", "--json", str(tmp_path / "missing" / "findings.json"))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "cannot write" in result.stderr


def test_the_installed_command_leaves_nothing_in_the_folder_and_a_narrow_terminal_cuts_nothing_off(
    tmp_path: Path,
) -> None:
    command = [str(Path(sys.executable).with_name("bptt")), *QUICK, "elman", *QUICKER]
    narrow = {**os.environ, "COLUMNS": "50"}
    result = subprocess.run(command, cwd=tmp_path, env=narrow, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr
    assert "sensitivities" in result.stdout
    assert "…" not in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"bptt {version('bptt')}\n"


def test_help_tells_the_exit_codes() -> None:
    result = run("verify", "--help")
    assert result.exit_code == 0
    assert "Exit code 0 if everything that is judged is right" in result.stdout


def test_importing_bptt_loads_numpy_and_nothing_else() -> None:
    extras = ["jax", "flint", "hypothesis", "optree", "rich", "typer", "matplotlib", "torch"]
    code = f"import sys, bptt; print([name for name in {extras} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
