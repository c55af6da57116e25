"""The command `bptt train`."""

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from bptt.blogpost import checkpoint, experiment
from bptt.blogpost.experiment import Configuration, State
from bptt.cli._app import app
from bptt.rnn.arrays import Array, each
from bptt.rnn.registry import CELLS

BOTH = Configuration()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["train", *arguments])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bptt", "train", *arguments]


def trained(configuration: Configuration, epochs: int, states: dict[str, State] | None = None) -> dict[str, State]:
    states = states or experiment.start(configuration)
    return [states, *islice(experiment.descend(configuration, states), epochs)][-1]


def flat(printed: str) -> str:
    """Without the frame of an error and its line breaks."""
    return " ".join(printed.translate(dict.fromkeys(map(ord, "│╭╮╰╯─"), " ")).split())


def arrays(states: dict[str, State]) -> list[Array]:
    found: list[Array] = []
    each(found.append, tuple(states.values()))
    return found


def same_bits(some: dict[str, State], others: dict[str, State]) -> bool:
    pairs = zip(arrays(some), arrays(others), strict=True)
    return some.keys() == others.keys() and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def saved(folder: Path, states: dict[str, State], configuration: Configuration = BOTH) -> Path:
    file = folder / "checkpoint.npz"
    checkpoint.replace(file, checkpoint.content(configuration, states))
    return file


@pytest.fixture(scope="module")
def thirty() -> dict[str, State]:
    return trained(BOTH, 30)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("epochs", [0, 7, 20])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(tmp_path: Path, cell: str, epochs: int) -> None:
    configuration = Configuration("both" if cell == "elman" else "right", cell)
    loaded, states = checkpoint.load(saved(tmp_path, trained(configuration, epochs), configuration))
    assert loaded == configuration
    assert same_bits(trained(configuration, 30 - epochs, states), trained(configuration, 30))


def test_a_damaged_checkpoint_is_an_error_wherever_it_is_damaged(tmp_path: Path, thirty: dict[str, State]) -> None:
    whole, file = checkpoint.content(BOTH, thirty), tmp_path / "checkpoint.npz"
    random = np.random.default_rng(0)
    cut = [whole[:length] for length in [0, 1, len(whole) - 1, *random.integers(len(whole), size=40)]]
    flipped = []
    for at in random.integers(len(whole), size=200):
        flipped.append(whole[:at] + bytes([whole[at] ^ 1 << int(random.integers(8))]) + whole[at + 1 :])
    harmless = 0
    for content in [*cut, *flipped]:
        file.write_bytes(content)
        try:
            _, states = checkpoint.load(file)
        except ValueError as error:
            assert "is damaged, or not a checkpoint of bptt train" in str(error)  # noqa: PT017
        else:
            harmless += 1  # such as a date in the directory of the archive
            assert same_bits(states, thirty)
    assert harmless < 60


def test_a_crash_while_the_checkpoint_is_written_leaves_the_old_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, thirty: dict[str, State]
) -> None:
    file = saved(tmp_path, thirty)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            checkpoint.replace(file, b"half")
        stopped = run("--epochs", "40", "--out", str(tmp_path))
    assert stopped.exit_code == 1
    assert f"bptt train: cannot write {file}: No space left on device" in stopped.stderr
    assert same_bits(checkpoint.load(file)[1], thirty)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]


def test_ten_kills_at_random_moments_change_no_bit_of_the_result(tmp_path: Path) -> None:
    epochs = []
    for seconds in np.random.default_rng(0).uniform(0, 0.9, size=10):
        process = subprocess.Popen(
            command("--epochs", "1500", "--out", str(tmp_path / "killed")),
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        process.stdout.readline()  # it trains from here on, and saves every half second
        time.sleep(seconds)
        process.kill()
        process.communicate()
        file = tmp_path / "killed" / "checkpoint.npz"
        epochs.append(checkpoint.load(file)[1]["right"].epochs if file.exists() else 0)
    assert sorted(epochs) == epochs
    assert len({epoch for epoch in epochs if 0 < epoch < 1500}) > 1  # in the middle of the run, and it went on
    for out in ("killed", "uninterrupted"):
        subprocess.run(command("--epochs", "1500", "--out", str(tmp_path / out)), check=True, capture_output=True)
    killed, uninterrupted = (
        checkpoint.load(tmp_path / out / "checkpoint.npz")[1] for out in ("killed", "uninterrupted")
    )
    assert killed["right"].epochs == 1500
    assert same_bits(killed, uninterrupted)
    names = {path.name for path in (tmp_path / "killed").iterdir()}
    assert names == {"checkpoint.npz", "training.csv", "training.png"}


def test_it_prints_what_it_found_and_writes_the_picture(tmp_path: Path) -> None:
    result = run("--epochs", "510", "--out", str(tmp_path))
    assert result.exit_code == 0
    state = checkpoint.load(tmp_path / "checkpoint.npz")[1]["published"]
    error = experiment.root_mean_square_error(state.weights, experiment.held_out_windows())
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["published", "gradient", f"{state.losses[0]:.5g}", f"{state.losses[-1]:.5g}", f"{error:.4g}"] in lines
    for epoch in (0, 500, 510):
        cosine_U, cosine_W, error_U, error_W = state.comparisons[epoch // 10]
        expected = [str(epoch), f"{cosine_U:.4f}", f"{cosine_W:.4f}", f"{error_U:.3f}", f"{error_W:.3f}"]
        assert expected in lines
    assert "510 epochs in " in result.stdout
    assert f"Written to {tmp_path}: training.png" in result.stdout
    assert matplotlib.image.imread(tmp_path / "training.png").shape == (900, 1200, 4)
    table = np.genfromtxt(tmp_path / "training.csv", delimiter=",", names=True)
    np.testing.assert_array_equal(table["loss_published"], state.losses)
    np.testing.assert_array_equal(table["cosine_U"][::10], state.comparisons[:, 0])


def test_it_goes_on_to_more_epochs_and_says_so(tmp_path: Path, thirty: dict[str, State]) -> None:
    saved(tmp_path, trained(BOTH, 20))
    result = run("--epochs", "30", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert f"goes on from {tmp_path}/checkpoint.npz, after 20 epochs\n10 epochs in " in result.stdout
    assert same_bits(checkpoint.load(tmp_path / "checkpoint.npz")[1], thirty)
    again = run("--epochs", "30", "--out", str(tmp_path))
    assert again.exit_code == 0
    assert "0 epochs in " in again.stdout


@pytest.mark.parametrize(
    ("other", "expected", "got"),
    [
        (["--seed", "1"], "--seed 0", "--seed 1"),
        (["--learning-rate", "0.01"], "--learning-rate 0.002", "--learning-rate 0.01"),
        (["--loss", "squared"], "--loss huber", "--loss squared"),
        (["--gradient", "right"], "--gradient both", "--gradient right"),
        (["--cell", "gru"], "--gradient both --cell elman", "--gradient right --cell gru"),
    ],
)
def test_another_configuration_is_refused_and_nothing_overwritten(
    tmp_path: Path, other: list[str], expected: str, got: str
) -> None:
    file = saved(tmp_path, experiment.start(BOTH))
    before = file.read_bytes()
    result = run("--out", str(tmp_path), *other)
    assert result.exit_code == 2
    assert f"is of {expected}; got {got}; --restart replaces it" in flat(result.stderr)
    assert file.read_bytes() == before


def test_restart_replaces_the_checkpoint_of_another_configuration(tmp_path: Path) -> None:
    file = saved(tmp_path, experiment.start(BOTH))
    assert run("--epochs", "3", "--out", str(tmp_path), "--seed", "1", "--restart").exit_code == 0
    configuration, states = checkpoint.load(file)
    assert configuration == Configuration(seed=1)
    assert same_bits(states, trained(configuration, 3))


def test_fewer_epochs_than_the_checkpoint_has_are_refused(tmp_path: Path, thirty: dict[str, State]) -> None:
    saved(tmp_path, thirty)
    result = run("--epochs", "29", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "it must be at least 30, the epochs of" in flat(result.stderr)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cell", "lstm", "--gradient", "both"], "--cell lstm it must be right; got 'both'"),
        (["--cell", "gru", "--gradient", "published"], "exists for --cell elman alone, so that with --cell gru"),
        (["--gradient", "true"], "it must be one of both, right, published; got 'true'"),
        (["--cell", "rnn"], "it must be one of elman, elman-tanh, lstm, gru, gru-reset-before; got 'rnn'"),
        (["--loss", "cross-entropy"], "it must be one of squared, absolute, elastic-net, huber; got 'cross-entropy'"),
        (["--learning-rate", "0"], "it must be positive and finite; got 0.0"),
        (["--learning-rate", "nan"], "it must be positive and finite; got nan"),
        (["--epochs", "0"], "Invalid value for '--epochs'"),
        (["--out", "/dev/null/x"], "cannot write to /dev/null/x: Not a directory"),
        (["--out", "/proc"], "cannot write to /proc: "),
    ],
)
def test_a_usage_error_comes_before_any_work(arguments: list[str], message: str) -> None:
    result = run("--out", "/dev/null", *arguments)
    assert result.exit_code == 2
    assert message in flat(result.stderr)
    assert not result.stdout


def test_a_foreign_checkpoint_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.npz"
    np.savez(file, U=np.eye(2))
    before = file.read_bytes()
    result = run("--out", str(tmp_path))
    assert result.exit_code == 2
    assert "is damaged, or not a checkpoint of bptt train" in flat(result.stderr)
    assert file.read_bytes() == before


def test_without_matplotlib_it_says_what_to_install_before_it_trains(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run("--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "pip install 'bptt[plot]'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_not_finite_stops_it_and_the_last_finite_checkpoint_stays(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run("--loss", "squared", "--learning-rate", "100", "--out", str(tmp_path))
    assert result.exit_code == 1
    assert (
        "epochs of the right gradient the loss is inf. Try --restart and a --learning-rate below 100" in result.stdout
    )
    _, states = checkpoint.load(tmp_path / "checkpoint.npz")
    assert all(np.isfinite(array).all() for state in states.values() for array in (state.losses, state.weights.V))
    assert f"after {states['right'].epochs + 1} epochs of the right" in result.stdout
    assert (tmp_path / "training.png").exists()


def test_ctrl_c_leaves_a_checkpoint_and_a_picture_and_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(command("--epochs", "900000", "--out", str(out)), stdout=subprocess.PIPE, text=True)
    patience = time.monotonic() + 30
    while not (out / "checkpoint.npz").exists():
        assert time.monotonic() < patience
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate()
    assert process.returncode == 130
    epochs = checkpoint.load(out / "checkpoint.npz")[1]["right"].epochs
    assert f"Interrupted after {epochs} of 900000 epochs; the same command goes on from there." in printed
    assert matplotlib.image.imread(out / "training.png").shape == (900, 1200, 4)
    assert (
        f"goes on from {out}/checkpoint.npz, after {epochs}" in run("--epochs", str(epochs), "--out", str(out)).stdout
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--epochs", "3"], 130, "Interrupted after 1 of 3 epochs; the same command goes on from there."),
        (["--epochs", "3", "--restart"], 130, "the same command, without --restart, goes on from there."),
        (["--epochs", "1"], 0, "Written to "),
    ],
)
def test_an_interrupted_epoch_is_completed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    descend, one_epoch, before = experiment.descend, trained(BOTH, 1), signal.getsignal(signal.SIGINT)

    def interrupted(configuration: Configuration, states: dict[str, State]) -> Iterator[dict[str, State]]:
        for after in descend(configuration, states):
            signal.raise_signal(signal.SIGINT)
            yield after

    monkeypatch.setattr(experiment, "descend", interrupted)
    result = run("--out", str(tmp_path), *arguments)
    assert result.exit_code == code
    assert message in result.stdout
    assert same_bits(checkpoint.load(tmp_path / "checkpoint.npz")[1], one_epoch)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_help_says_why_the_loss_is_hubers() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "its code clips the error to ±1: that is the gradient of the Huber loss" in flat(result.stdout)
