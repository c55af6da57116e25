"""The command `bptt train`."""

import os
import pty
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner, Result

from bptt.blogpost import experiment
from bptt.blogpost.experiment import Configuration, Training
from bptt.cli._app import app
from tests.blogpost.training import train


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["train", *arguments])


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bptt", "train", *arguments]


def flat(printed: str) -> str:
    """Without the frame of an error and its line breaks."""
    return " ".join(printed.translate(dict.fromkeys(map(ord, "│╭╮╰╯─"), " ")).split())


def losses_in(folder: Path) -> Any:
    """The table that was written, by its headings."""
    return np.genfromtxt(folder / "training.csv", delimiter=",", names=True)


def test_it_prints_what_it_found_and_writes_the_losses_and_the_picture(tmp_path: Path) -> None:
    result = run("--epochs", "510", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert result.stderr == ""
    networks = train(Configuration(), 510)
    for name, network in networks.items():
        error = experiment.measure_error(network.weights, *experiment.held_out_windows())
        first, last = network.losses[[0, -1]]
        assert f"{name} gradient: loss {first:.5g} at first, {last:.5g} after 510 epochs" in result.stdout
        assert f"root mean square error on held-out windows {error:.4g}\n" in result.stdout
    cosine_U, cosine_W, error_U, error_W = networks["published"].comparisons[-1]
    assert f"cosine U {cosine_U:.4f}, cosine W {cosine_W:.4f}" in result.stdout
    assert f"relative error U {error_U:.4f}, relative error W {error_W:.4f}\n" in result.stdout
    assert f"Written to {tmp_path}: training.png" in result.stdout
    assert matplotlib.image.imread(tmp_path / "training.png").shape == (900, 1200, 4)
    table = losses_in(tmp_path)
    np.testing.assert_array_equal(table["epoch"], range(511))
    np.testing.assert_array_equal(table["loss_right"], networks["right"].losses)
    np.testing.assert_array_equal(table["loss_published"], networks["published"].losses)
    compared = np.transpose(networks["published"].comparisons)
    for name, values in zip(experiment.Comparison._fields, compared, strict=True):
        np.testing.assert_array_equal(table[name][::10], values)
        assert np.isnan(table[name][1:10]).all()


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(tmp_path: Path) -> None:
    written = []
    for seed in ("1", "1", "2"):
        assert run("--epochs", "3", "--out", str(tmp_path), "--seed", seed).exit_code == 0
        written.append((tmp_path / "training.csv").read_bytes())
    assert written[0] == written[1] != written[2]


@pytest.mark.parametrize(
    ("arguments", "headings"),
    [
        (["--cell", "lstm"], ("epoch", "loss_right")),
        (["--gradient", "right"], ("epoch", "loss_right")),
        (["--gradient", "published"], ("epoch", "loss_published", *experiment.Comparison._fields)),
    ],
)
def test_only_the_networks_that_are_asked_for_are_trained(
    tmp_path: Path, arguments: list[str], headings: tuple[str, ...]
) -> None:
    assert run("--epochs", "2", "--out", str(tmp_path), *arguments).exit_code == 0
    assert losses_in(tmp_path).dtype.names == headings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cell", "lstm", "--gradient", "both"], "for lstm it must be right; got 'both'"),
        (["--cell", "gru", "--gradient", "published"], "is for --cell elman alone, for gru it must be right"),
        (["--gradient", "true"], "it must be one of both, right, published; got 'true'"),
        (["--cell", "rnn"], "it must be one of elman, elman-tanh, lstm, gru, gru-reset-before; got 'rnn'"),
        (["--loss", "cross-entropy"], "it must be one of squared, absolute, elastic-net, huber; got 'cross-entropy'"),
        (["--learning-rate", "0"], "it must be positive and finite; got 0.0"),
        (["--learning-rate", "nan"], "it must be positive and finite; got nan"),
        (["--epochs", "0"], "Invalid value for '--epochs'"),
        (["--out", "/dev/null/x"], "cannot write to /dev/null/x: Not a directory"),
        (["--out", "/dev/null"], "cannot write to /dev/null: File exists"),
        (["--out", "/proc"], "cannot write to /proc: "),
    ],
)
def test_a_usage_error_comes_before_any_work(arguments: list[str], message: str) -> None:
    result = run("--out", "/dev/null", *arguments)
    assert result.exit_code == 2
    assert message in flat(result.stderr)
    assert not result.stdout


def test_without_matplotlib_it_says_what_to_install_before_it_trains(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, "bptt.blogpost.plot", raising=False)
    monkeypatch.delattr("bptt.blogpost.plot", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run("--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert "pip install 'bptt[plot]'" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_not_finite_stops_it_and_the_epochs_before_are_written(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run("--loss", "squared", "--learning-rate", "100", "--out", str(tmp_path))
    assert result.exit_code == 1
    table = losses_in(tmp_path)
    expected = f"after {len(table)} epochs of the right gradient the loss is inf. Try a --learning-rate below 100\n"
    assert result.stderr == f"bptt train: stopped: {expected}"
    assert np.isfinite(table["loss_right"]).all()
    assert (tmp_path / "training.png").exists()


def test_a_disk_that_is_full_at_the_end_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", refuse)
    result = run("--epochs", "2", "--out", str(tmp_path))
    assert result.exit_code == 1
    assert result.stderr == f"bptt train: cannot write to {tmp_path}: No space left on device\n"


def test_after_ctrl_c_the_epochs_that_are_whole_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    descend = experiment.descend

    def interrupted(configuration: Configuration) -> Iterator[dict[str, Training]]:
        yield from islice(descend(configuration), 3)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(experiment, "descend", interrupted)
    result = run("--epochs", "7", "--out", str(tmp_path))
    assert result.exit_code == 130
    assert result.stderr == "bptt train: interrupted before the last of 7 epochs\n"
    np.testing.assert_array_equal(losses_in(tmp_path)["loss_right"], train(Configuration(), 2)["right"].losses)
    assert matplotlib.image.imread(tmp_path / "training.png").shape == (900, 1200, 4)


def test_on_a_terminal_it_shows_the_progress_and_ctrl_c_ends_the_process_with_130(tmp_path: Path) -> None:
    terminal, of_process = pty.openpty()
    arguments = command("--epochs", "900000", "--out", str(tmp_path))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=of_process, text=True) as process:
        os.close(of_process)
        shown = b""
        while b"(published)" not in shown:
            shown += os.read(terminal, 1024)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=30)
    os.close(terminal)
    assert process.returncode == 130
    assert b"loss " in shown
    assert f"Written to {tmp_path}" in printed
    assert len(losses_in(tmp_path)) < 900000


def test_the_help_says_why_the_loss_is_hubers() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "its code clips the error to ±1: that is the gradient of the Huber loss" in flat(result.stdout)
