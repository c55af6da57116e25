"""`bptt verify` as its users run it."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bptt import network
from bptt.cli import app
from bptt.elman import Weights as Cell
from bptt.network import Arguments

QUICK = ["verify", "--examples", "8", "--max-size", "3"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def findings(folder: Path, *arguments: str) -> Any:
    file = folder / "findings.json"
    run(*QUICK, *arguments, "--json", str(file))
    return json.loads(file.read_text())


def test_every_shipped_gradient_is_right_and_the_published_one_is_refuted(tmp_path: Path) -> None:
    result = run(*QUICK)
    assert result.exit_code == 0
    assert "The gradients that bptt ships are all right." in result.stdout
    assert "dL/dU at T = 2, D_x = 1, D_h = 2, D_y = 1, batch = 1:\n    weights.cell.U[" in result.stdout
    assert "dL/dW at T = 3, D_x = 1, D_h = 2, D_y = 1, batch = 1:\n    weights.cell.W[" in result.stdout
    assert "dL/dV: no point found where it is wrong" in result.stdout

    found = findings(tmp_path)
    assert found["verdict"] == "right"
    assert {row["verdict"] for row in found["shipped"]} == {"right"}
    assert {row["cases"] for row in found["shipped"] if "sine" not in row["gradient"]} == {8}
    assert min(row["digits"] for row in found["shipped"]) > 20
    assert {row["by"] for row in found["shipped"]} == {
        "weights.cell.U", "weights.cell.W", "weights.cell.b", "weights.V", "h0", "xs", "y",
    }  # fmt: skip
    assert found["published"]["dL/dU"]["sizes"] == {"T": 2, "D_x": 1, "D_h": 2, "D_y": 1, "batch": 1}
    assert found["published"]["dL/dV"] is None
    on_the_sine = {row["by"]: row["verdict"] for row in found["published_on_the_sine"]}
    assert on_the_sine == {"weights.cell.U": "wrong", "weights.cell.W": "wrong", "weights.V": "right"}


def test_the_counterexample_in_the_json_is_one(tmp_path: Path) -> None:
    refutation = findings(tmp_path)["published"]["dL/dU"]
    point, index = refutation["point"], tuple(refutation["entry"]["index"])
    weights = network.Weights(Cell(point["U"], point["W"]), point["V"])
    true = network.gradient(weights, None, point["xs"], point["y"]).weights.cell.U[index]
    assert float(refutation["entry"]["reference"].split(" ± ")[0]) == pytest.approx(true, rel=1e-5)
    assert float(refutation["entry"]["by_hand"]) != pytest.approx(true, rel=1e-5)


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path: Path) -> None:
    first, again, other = (findings(tmp_path, "--seed", seed) for seed in ("1", "1", "2"))
    assert first == again
    assert [row["digits"] for row in first["shipped"]] != [row["digits"] for row in other["shipped"]]
    assert first["distances_on_the_sine"] != other["distances_on_the_sine"]
    assert rows_at_random(first) != rows_at_random(other)


def rows_at_random(found: Any) -> list[Any]:
    return [row for row in found["shipped"] if "sine" not in row["gradient"]]


def test_a_wrong_shipped_gradient_is_found_and_the_exit_code_is_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = network.gradient

    def wrong(*arguments: Any, **keywords: Any) -> Arguments:
        gradient = right(*arguments, **keywords)
        return gradient._replace(xs=-gradient.xs)

    monkeypatch.setattr(network, "gradient", wrong)
    result = run(*QUICK)
    assert result.exit_code == 1
    assert "The gradients that bptt ships are NOT all right." in result.stdout
    assert "gradient, tanh: xs[" in result.stdout
    assert {row["by"] for row in findings(tmp_path)["shipped"] if row["verdict"] != "right"} == {"xs"}


def test_a_gradient_that_cannot_be_judged_is_not_right(monkeypatch: pytest.MonkeyPatch) -> None:
    right = network.gradient

    def of_floats(*arguments: Any, **keywords: Any) -> Arguments:
        gradient = right(*arguments, **keywords)
        assert np.isfinite(float(gradient.xs.flat[0]))
        return gradient

    monkeypatch.setattr(network, "gradient", of_floats)
    result = run("verify", "--examples", "2", "--max-size", "2")
    assert result.exit_code == 1
    assert "undecided" in result.stdout


def test_sizes_too_small_for_a_counterexample_are_no_refutation() -> None:
    result = run("verify", "--examples", "2", "--max-size", "1")
    assert result.exit_code == 0
    assert "dL/dU: no point found where it is wrong" in result.stdout


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
    result = CliRunner().invoke(app, QUICK, env={"COLUMNS": "50"})
    assert "…" not in result.stdout


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"bptt {version('bptt')}\n"


def test_help_tells_the_exit_codes() -> None:
    result = run("verify", "--help")
    assert result.exit_code == 0
    assert "Exit code 0 if everything that is judged is right" in result.stdout


def test_the_installed_command_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("bptt")), *QUICK]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []


def test_importing_bptt_loads_numpy_and_nothing_else() -> None:
    extras = ["jax", "flint", "hypothesis", "optree", "rich", "typer", "matplotlib"]
    code = f"import sys, bptt; print([name for name in {extras} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


CLAIMS = """
import numpy as np
from bptt.verify import Claim

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

def broken(random):
    return f, lambda x: x.no_such_thing, (random.normal(size=3),)
"""


class TestAClaim:
    @pytest.fixture(autouse=True)
    def in_a_folder_with_claims(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "claims_of_mine.py").write_text(CLAIMS)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr(sys, "modules", dict(sys.modules))

    @pytest.mark.parametrize("place", ["claims_of_mine:right", "claims_of_mine:one", "claims_of_mine.py:right"])
    def test_a_right_one_is_reported_with_exit_code_0(self, place: str) -> None:
        result = run("verify", place)
        assert result.exit_code == 0
        assert result.stdout.startswith("right: every entry agrees to 49 digits")

    @pytest.mark.parametrize(("name", "verdict"), [("wrong", "wrong: x[1] is 0 by hand"), ("stops", "undecided: ")])
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

    def test_the_findings_are_written_as_json(self, tmp_path: Path) -> None:
        run("verify", "claims_of_mine:wrong", "--json", str(tmp_path / "findings.json"))
        findings = json.loads((tmp_path / "findings.json").read_text())
        assert findings["verdict"] == "wrong"
        assert findings["points"][0]["formula"]["leaves"][0]["entry"]["index"] == [1]

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            ("claims_of_mine", "a claim is named module:name or file.py:name; got 'claims_of_mine'"),
            ("claims_of_mine:absent", "claims_of_mine has no 'absent'; it has Claim, f, gradient"),
            ("no_such_module:x", "there is no module 'no_such_module'"),
            ("no_such_file.py:x", "there is no file no_such_file.py"),
            ("claims_of_mine:no_claim", "a claim must be a bptt.verify.Claim or a tuple"),
            ("claims_of_mine:no_tuple", "arguments must be the tuple of f's positional arguments; got list"),
        ],
    )
    def test_what_is_no_claim_is_a_usage_error(self, place: str, message: str) -> None:
        result = run("verify", place)
        assert result.exit_code == 2
        assert message in re.sub(r"[│\s]+", " ", result.output)

    def test_an_error_of_the_claims_own_code_is_raised(self) -> None:
        result = run("verify", "claims_of_mine:broken")
        assert isinstance(result.exception, AttributeError)
