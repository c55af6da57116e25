"""`bptt verify MODULE:NAME` as its users run it: a claim of theirs, at one point, at several, and over a strategy."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bptt.cli._app import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def unwrapped(output: str) -> str:
    """The text in a box, on one line."""
    return re.sub(r"[│\s]+", " ", output)


CLAIMS = """
import numpy as np
from bptt.verify import Claim, named_arrays

def f(x):
    return np.tanh(x).sum()

def gradient(x):
    return 1 - np.tanh(x) ** 2

point = (np.array([0.5, 1.0]),)
right = Claim(f, gradient, point)
wrong = (f, lambda x: 1 - x**2, point)
unclear = (f, lambda x: gradient(x), point, None, "balls")
stops = (f, lambda x: [np.spacing(x[0]), 0], point, None, "balls")
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

over_sizes = Claim(f, gradient, named_arrays(x="n"))
wrong_over_sizes = (f, doubled, named_arrays(x="n"))

def broken(random):
    return f, lambda x: x.no_such_thing, (random.normal(size=3),)
"""


@pytest.fixture(autouse=True)
def in_a_folder_with_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "claims_of_mine.py").write_text(CLAIMS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("claims_of_mine", None)


@pytest.mark.parametrize("place", ["claims_of_mine:right", "claims_of_mine:one", "claims_of_mine.py:right"])
def test_a_right_one_is_reported_with_exit_code_0(place: str) -> None:
    result = run("verify", place)
    assert result.exit_code == 0
    assert result.stdout.startswith("right: every entry agrees to 49 digits")


@pytest.mark.parametrize(("name", "verdict"), [("wrong", "wrong by x: x[1] is "), ("stops", "undecided: ")])
def test_one_that_is_not_right_is_reported_with_exit_code_1(name: str, verdict: str) -> None:
    result = run("verify", f"claims_of_mine:{name}")
    assert result.exit_code == 1
    assert result.stdout.startswith(verdict)


def test_a_function_of_a_generator_is_judged_at_random_points() -> None:
    result = run("verify", "claims_of_mine:at_random", "--examples", "7")
    assert result.exit_code == 0
    assert result.stdout.startswith("claims_of_mine:at_random at 7 points: 7 right")


def test_the_first_point_that_is_wrong_is_shown_and_can_be_drawn_again() -> None:
    result = run("verify", "claims_of_mine:sometimes_wrong", "--seed", "3")
    assert result.exit_code == 1
    counts, _, place = result.stdout.splitlines()[:3]
    assert re.fullmatch(r"claims_of_mine:sometimes_wrong at 100 points: \d+ right, \d+ wrong", counts)
    (n,) = re.findall(r"point \d+, drawn from numpy.random.default_rng\(\[3, (\d+)\]\):", place)
    assert (np.random.default_rng([3, int(n)]).normal(size=3) > 1).any()


def test_one_over_random_sizes_is_judged_at_so_many_points(tmp_path: Path) -> None:
    result = run("verify", "claims_of_mine:over_sizes", "--examples", "20", "--json", str(tmp_path / "findings.json"))
    assert result.exit_code == 0
    assert result.stdout.startswith("right at 20 points: every entry agrees to ")
    assert json.loads((tmp_path / "findings.json").read_text())["reports"][0]["leaves"][0]["path"] == "x"


def test_a_wrong_one_over_random_sizes_is_explained() -> None:
    result = run("verify", "claims_of_mine:wrong_over_sizes", "--examples", "20")
    assert result.exit_code == 1
    assert result.stdout.startswith("wrong by x: x[0] is ")
    assert "kind: it is 2 times the true one\n" in result.stdout
    assert "from claims_of_mine import doubled, f\n" in result.stdout


def test_the_findings_are_written_as_json(tmp_path: Path) -> None:
    run("verify", "claims_of_mine:wrong", "--json", str(tmp_path / "findings.json"))
    findings = json.loads((tmp_path / "findings.json").read_text())
    assert findings["verdict"] == "wrong"
    assert findings["reports"][0]["formula"]["leaves"][0]["entry"]["index"] == [1]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("claims_of_mine", "published, MODULE:NAME or FILE.py:NAME; got 'claims_of_mine'"),
        ("claims_of_mine:absent", "claims_of_mine has no 'absent'; it has Claim, named_arrays, f, gradient"),
        ("no_such_module:x", "there is no module 'no_such_module'"),
        ("no_such_file.py:x", "there is no file no_such_file.py"),
        ("claims_of_mine:no_claim", "a claim must be a bptt.verify.Claim or a tuple"),
        ("claims_of_mine:no_tuple", "at must be the tuple of f's arguments"),
    ],
)
def test_what_is_no_claim_is_a_usage_error(place: str, message: str) -> None:
    result = run("verify", place)
    assert result.exit_code == 2
    assert message in unwrapped(result.output)


def test_an_error_of_the_claims_own_code_is_raised() -> None:
    result = run("verify", "claims_of_mine:broken")
    assert isinstance(result.exception, AttributeError)
