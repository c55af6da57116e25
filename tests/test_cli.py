"""`bptt verify` as its users run it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bptt.cli._app import app
from bptt.cli._points import Case
from bptt.cli._shipped import shipped
from bptt.cli._survey import survey
from bptt.rnn import network, truncated
from bptt.rnn.losses import LOSSES
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from bptt.verify import GradientMismatch, Report

QUICK = ["verify", "--examples", "8", "--max-size", "3"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def unwrapped(output: str) -> str:
    """The text in a box, on one line."""
    return re.sub(r"[│\s]+", " ", output)


def findings(folder: Path, *arguments: str) -> Any:
    file = folder / "findings.json"
    run(*QUICK, *arguments, "--json", str(file))
    return json.loads(file.read_text())


def test_every_shipped_gradient_is_right_and_the_published_one_is_refuted(tmp_path: Path) -> None:
    result = run(*QUICK, "--json", str(tmp_path / "findings.json"))
    assert result.exit_code == 0
    assert "The gradients that bptt ships are all right." in result.stdout
    assert "U[1, 0]: by hand " in result.stdout
    assert "W[1, 1]: by hand " in result.stdout
    assert "by V: right at all of them" in result.stdout

    found = json.loads((tmp_path / "findings.json").read_text())
    assert found["verdict"] == "right"
    rows = found["shipped"] + found["truncated"]
    assert {row["verdict"] for row in rows} == {"right"}
    assert min(row["digits"] for row in rows) > 20
    judged = {row["gradient"] for row in found["shipped"]}
    assert judged >= set(CELLS) | {f"{name}, sensitivities" for name in CELLS} | {"stacked", "bidirectional"}
    assert {row["gradient"] for row in found["truncated"]} == set(CELLS)
    assert {row["by"] for row in rows if row["gradient"] == "lstm"} == {
        "weights.cell.U", "weights.cell.W", "weights.cell.b", "weights.V", "h0.h", "h0.c", "xs", "y",
    }  # fmt: skip
    by_U, _ = found["published"]["refutations"]
    assert by_U["sizes"] == {"T": 2, "D_x": 1, "D_h": 2, "D_y": 1}
    assert found["published"]["right"] == ["V"]
    on_the_sine = {row["by"]: row["verdict"] for row in found["published_on_the_sine"]}
    assert on_the_sine == {"weights.cell.U": "wrong", "weights.cell.W": "wrong", "weights.V": "right"}


def test_every_loss_is_met_at_the_last_and_at_every_step() -> None:
    of_lstm, *_ = shipped(max_size=3, seed=0, family="lstm")
    met = []

    def check(case: Case) -> Report:
        T, *batch = case.arguments.xs.shape[:-1]
        steps = case.arguments.y.shape if case.loss.of_classes else case.arguments.y.shape[:-1]
        met.append((case.loss, steps == (T, *batch), case.lengths is not None))
        return of_lstm.check(case)

    survey(replace(of_lstm, check=check), 100, seed=0)
    assert {(loss, every_step) for loss, every_step, _ in met} == set(product(LOSSES.values(), (False, True)))
    assert {ragged for *_, ragged in met} == {False, True}
    assert len(met) == 100


@pytest.mark.parametrize(
    ("family", "judged"), [("lstm", {"lstm"}), ("gru", {"gru", "gru-reset-before"}), ("elman", {"elman", "elman-tanh"})]
)
def test_the_name_of_a_cell_judges_that_cell_alone(tmp_path: Path, family: str, judged: set[str]) -> None:
    found = findings(tmp_path, family)
    assert {row["gradient"].split(",")[0] for row in found["shipped"] + found["truncated"]} == judged
    assert "published" not in found
    assert found["verdict"] == "right"


def test_layers_and_the_published_gradient_can_be_judged_alone(tmp_path: Path) -> None:
    layers = findings(tmp_path, "layers")
    assert {row["gradient"] for row in layers["shipped"]} == {"stacked", "bidirectional", "stacked, bidirectional"}
    published = findings(tmp_path, "published")
    assert published["published"]["refutations"][1]["sizes"]["T"] == 3
    assert "shipped" not in published


def test_a_name_that_there_is_not_lists_those_that_there_are() -> None:
    result = run("verify", "ltsm")
    assert result.exit_code == 2
    assert "one of elman, lstm, gru, layers, published, MODULE:NAME or FILE.py:NAME; got 'ltsm'" in re.sub(
        r"[│\s]+", " ", result.output
    )


def test_the_snippet_in_the_json_brings_the_counterexample_back(tmp_path: Path) -> None:
    by_U, by_W = findings(tmp_path, "published")["published"]["refutations"]
    with pytest.raises(GradientMismatch, match=r"^wrong by U; right by W, V\nU\[1, 0\]: by hand"):
        exec("\n".join(by_U["snippet"]), {})
    with pytest.raises(GradientMismatch, match="^wrong by U, W; right by V"):
        exec("\n".join(by_W["snippet"]), {})


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path: Path) -> None:
    first, again, other = (findings(tmp_path, "elman", "--seed", seed) for seed in ("1", "1", "2"))
    assert first == again
    assert [row["digits"] for row in first["shipped"]] != [row["digits"] for row in other["shipped"]]
    one, two = (findings(tmp_path, "published", "--seed", seed)["distances_on_the_sine"] for seed in ("1", "2"))
    assert one != two


def test_a_wrong_shipped_gradient_is_found_and_the_exit_code_is_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = network.gradient

    def negated(*arguments: Any, **keywords: Any) -> Arguments:
        gradient = right(*arguments, **keywords)
        return gradient._replace(xs=-gradient.xs)

    monkeypatch.setattr(network, "gradient", negated)
    result = run(*QUICK, "lstm", "--json", str(tmp_path / "findings.json"))
    assert result.exit_code == 1
    assert "NOT all right" in result.stdout
    assert "  lstm: xs[" in result.stdout
    rows = json.loads((tmp_path / "findings.json").read_text())["shipped"]
    assert {(row["gradient"], row["by"]) for row in rows if row["verdict"] != "right"} == {("lstm", "xs")}


def test_a_wrong_truncated_gradient_is_found_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truncated, "gradient", lambda *arguments: network.gradient(*arguments[:4], *arguments[5:]))
    result = run(*QUICK, "lstm")
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
    result = run("verify", "published", "--max-size", "1")
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


def test_a_narrow_terminal_cuts_nothing_off() -> None:
    command = [sys.executable, "-m", "bptt", *QUICK, "elman"]
    narrow = {**os.environ, "COLUMNS": "50"}
    result = subprocess.run(command, env=narrow, capture_output=True, encoding="utf-8", check=True)
    assert "sensitivities" in result.stdout
    assert "…" not in result.stdout


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"bptt {version('bptt')}\n"


def test_help_tells_the_exit_codes() -> None:
    result = run("verify", "--help")
    assert result.exit_code == 0
    assert "Exit code 0 if everything that is judged is right" in result.stdout


def test_the_installed_command_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("bptt")), *QUICK, "elman"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []


def test_importing_bptt_loads_numpy_and_nothing_else() -> None:
    extras = ["jax", "flint", "hypothesis", "optree", "rich", "typer", "matplotlib", "torch"]
    code = f"import sys, bptt; print([name for name in {extras} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


CLAIMS = """
import numpy as np
from bptt.verify import Claim, arrays

def f(x):
    return np.tanh(x).sum()

def gradient(x):
    return 1 - np.tanh(x) ** 2

point = (np.array([0.5, 1.0]),)
right = Claim(f, gradient, point)
wrong = (f, lambda x: 1 - x**2, point)
unclear = (f, lambda x: gradient(x), point, None, "balls")
stops = (f, lambda x: [float(x[0]), 0], point, None, "balls")
no_claim = 3
no_tuple = (f, gradient, [1.0])

def one():
    return right

def at_random(random):
    return f, gradient, (random.normal(size=3),)

def sometimes_wrong(random):
    return f, lambda x: gradient(x) * np.where(x > 1, 2, 1), (random.normal(size=3),)

def doubled(x):
    return 2 * gradient(x)

over_sizes = Claim(f, gradient, arrays(x="n"))
wrong_over_sizes = (f, doubled, arrays(x="n"))

def broken(random):
    return f, lambda x: x.no_such_thing, (random.normal(size=3),)
"""


class TestAClaim:
    @pytest.fixture(autouse=True)
    def in_a_folder_with_claims(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        (tmp_path / "claims_of_mine.py").write_text(CLAIMS)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        yield
        sys.modules.pop("claims_of_mine", None)

    @pytest.mark.parametrize("place", ["claims_of_mine:right", "claims_of_mine:one", "claims_of_mine.py:right"])
    def test_a_right_one_is_reported_with_exit_code_0(self, place: str) -> None:
        result = run("verify", place)
        assert result.exit_code == 0
        assert result.stdout.startswith("right: every entry agrees to 49 digits")

    @pytest.mark.parametrize(("name", "verdict"), [("wrong", "wrong by x\nx[1]: by hand "), ("stops", "undecided: ")])
    def test_one_that_is_not_right_is_reported_with_exit_code_1(self, name: str, verdict: str) -> None:
        result = run("verify", f"claims_of_mine:{name}")
        assert result.exit_code == 1
        assert result.stdout.startswith(verdict)

    def test_a_function_of_a_generator_is_judged_at_random_points(self) -> None:
        result = run("verify", "claims_of_mine:at_random", "--examples", "7")
        assert result.exit_code == 0
        assert result.stdout.startswith("claims_of_mine:at_random at 7 points: 7 right")

    def test_the_first_point_that_is_wrong_is_shown_and_can_be_drawn_again(self) -> None:
        result = run("verify", "claims_of_mine:sometimes_wrong", "--seed", "3")
        assert result.exit_code == 1
        counts, _, place = result.stdout.splitlines()[:3]
        assert re.fullmatch(r"claims_of_mine:sometimes_wrong at 100 points: \d+ right, \d+ wrong", counts)
        (n,) = re.findall(r"point \d+, drawn from numpy.random.default_rng\(\[3, (\d+)\]\):", place)
        assert (np.random.default_rng([3, int(n)]).normal(size=3) > 1).any()

    def test_one_over_random_sizes_is_judged_at_so_many_points(self, tmp_path: Path) -> None:
        result = run(
            "verify", "claims_of_mine:over_sizes", "--examples", "20", "--json", str(tmp_path / "findings.json")
        )
        assert result.exit_code == 0
        assert result.stdout.startswith("right at 20 points: every entry agrees to ")
        assert json.loads((tmp_path / "findings.json").read_text())["verification"]["right"] == ["x"]

    def test_a_wrong_one_over_random_sizes_is_explained(self) -> None:
        result = run("verify", "claims_of_mine:wrong_over_sizes", "--examples", "20")
        assert result.exit_code == 1
        assert result.stdout.startswith("wrong by x\nx[0]: by hand ")
        assert "kind: it is 2 times the true one\n" in result.stdout
        assert "from claims_of_mine import doubled, f\n" in result.stdout

    def test_the_findings_are_written_as_json(self, tmp_path: Path) -> None:
        run("verify", "claims_of_mine:wrong", "--json", str(tmp_path / "findings.json"))
        findings = json.loads((tmp_path / "findings.json").read_text())
        assert findings["verdict"] == "wrong"
        assert findings["points"][0]["formula"]["leaves"][0]["entry"]["index"] == [1]

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            ("claims_of_mine", "published, MODULE:NAME or FILE.py:NAME; got 'claims_of_mine'"),
            ("claims_of_mine:absent", "claims_of_mine has no 'absent'; it has Claim, arrays, f, gradient"),
            ("no_such_module:x", "there is no module 'no_such_module'"),
            ("no_such_file.py:x", "there is no file no_such_file.py"),
            ("claims_of_mine:no_claim", "a claim must be a bptt.verify.Claim or a tuple"),
            ("claims_of_mine:no_tuple", "arguments must be the tuple of f's positional arguments; got list"),
        ],
    )
    def test_what_is_no_claim_is_a_usage_error(self, place: str, message: str) -> None:
        result = run("verify", place)
        assert result.exit_code == 2
        assert message in unwrapped(result.output)

    def test_an_error_of_the_claims_own_code_is_raised(self) -> None:
        result = run("verify", "claims_of_mine:broken")
        assert isinstance(result.exception, AttributeError)
