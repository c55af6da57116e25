"""`bptt train`: the post's experiment, by the right gradient and by the one that the post published."""

import csv
import io
import math
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bptt.blogpost import checkpoint, experiment
from bptt.blogpost import plot as picture
from bptt.blogpost.experiment import COMPARED_EVERY, Comparison, Configuration, State
from bptt.cli._console import console
from bptt.rnn.losses import LOSSES
from bptt.rnn.registry import CELLS

POST = Configuration()
GRADIENTS = ["both", "right", "published"]
REAL_LOSSES = [name for name, loss in LOSSES.items() if not loss.of_classes]  # a value of a sine is no class
SAVE_EVERY = 0.5  # seconds
REPORTED = 500  # epochs after which the published gradient is compared, besides the first and the last


def _one_of(names: list[str]) -> Callable[[str | None], str | None]:
    def checked(value: str | None) -> str | None:
        if value is not None and value not in names:
            raise typer.BadParameter(f"it must be one of {', '.join(names)}; got {value!r}")
        return value

    return checked


def _positive(value: float) -> float:
    if not 0 < value < math.inf:
        raise typer.BadParameter(f"it must be positive and finite; got {value}")
    return value


def train(
    gradient: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(GRADIENTS),
            callback=_one_of(GRADIENTS),
            show_default="both for the Elman cell, for another right",
            help="Train a network by the right gradient, by the one that the post published, which exists for the"
            " Elman cell alone, or one by each from the same weights.",
        ),
    ] = None,
    cell: Annotated[
        str, typer.Option(metavar="|".join(CELLS), callback=_one_of(list(CELLS)), help="The recurrent cell.")
    ] = POST.cell,
    loss: Annotated[
        str,
        typer.Option(
            metavar="|".join(REAL_LOSSES),
            callback=_one_of(REAL_LOSSES),
            help="The loss at the last step. The post derives the squared one, but its code clips the error to ±1:"
            " that is the gradient of the Huber loss.",
        ),
    ] = POST.loss,
    epochs: Annotated[
        int,
        typer.Option(
            min=1,
            help="Passes over all windows, counted from the first run on. The post's 4000 end on a plateau, which the"
            " right gradient leaves soon after, and the published one after about 8000.",
        ),
    ] = experiment.EPOCHS,
    learning_rate: Annotated[
        float, typer.Option(callback=_positive, help="How far to go against the gradient, which is summed.")
    ] = POST.learning_rate,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the initial weights.")] = POST.seed,
    out: Annotated[
        Path, typer.Option(file_okay=False, help="The folder for the checkpoint, the picture and the losses.")
    ] = Path("bptt-train"),
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew, and replace the checkpoint in the folder.")
    ] = False,
) -> None:
    """Fit windows of a sine by plain gradient descent, as the post did: T = D_x = 6, D_h = 32, D_y = 8, 50 windows.

    Draws the losses, the cosine of the published and the true gradient, and predictions of held-out windows.

    The same command goes on where it was interrupted. Ctrl-C loses nothing, any other end half a second of work.

    Exit code 0 after the last epoch, 1 after a failure such as an infinite loss, 2 for a usage error, 130 after Ctrl-C.
    """
    if gradient is None:
        gradient = POST.gradient if cell == POST.cell else "right"
    if gradient != "right" and cell != POST.cell:
        raise typer.BadParameter(
            f"the published gradient exists for --cell {POST.cell} alone, so that with --cell {cell} it must be right;"
            f" got {gradient!r}",
            param_hint="--gradient",
        )
    _require_matplotlib()
    _require_folder(out)
    checkpoint.clear(out)
    configuration = Configuration(gradient, cell, loss, learning_rate, seed)
    file = out / "checkpoint.npz"
    states = _states(file, configuration, epochs, restart)
    console.print(
        f"{experiment.SAMPLES} windows of a sine, T = D_x = {experiment.T}, D_h = {experiment.D_h}, "
        f"D_y = {experiment.D_y}; {cell} cell, {loss} loss, learning rate {learning_rate:g}, seed {seed}"
    )
    if before := _epochs(states):
        console.print(f"goes on from {file}, after {before} epochs")
    began = time.monotonic()
    states, failure = _descend(file, configuration, states, epochs)
    console.print(f"{_epochs(states) - before} epochs in {time.monotonic() - began:.1f} s\n")

    _write(out / "training.png", picture.png(picture.draw(configuration, states)))
    _write(out / "training.csv", _as_csv(states))
    _print_findings(configuration, states)
    console.print(f"\nWritten to {out}: training.png, the picture; training.csv; checkpoint.npz")
    if failure is not None:
        console.print(f"\n{failure}")
        raise typer.Exit(1)
    if _epochs(states) < epochs:
        again = "the same command, without --restart," if restart else "the same command"
        console.print(f"\nInterrupted after {_epochs(states)} of {epochs} epochs; {again} goes on from there.")
        raise typer.Exit(130)


def _descend(
    file: Path, configuration: Configuration, states: dict[str, State], epochs: int
) -> tuple[dict[str, State], str | None]:
    """Train up to that many epochs or to Ctrl-C, saving on the way. Returns the last finite states, and what failed."""
    saved = time.monotonic()
    failure = None
    with _interruption() as interrupted, _progress() as progress:
        task = progress.add_task("training", total=epochs, completed=_epochs(states), losses="")
        try:
            for states in islice(experiment.descend(configuration, states), epochs - _epochs(states)):  # noqa: B020
                losses = ", ".join(f"{state.losses[-1]:.4g} ({name})" for name, state in states.items())
                progress.update(task, completed=_epochs(states), losses=losses)
                if time.monotonic() - saved > SAVE_EVERY:
                    _write(file, checkpoint.content(configuration, states))
                    saved = time.monotonic()
                if interrupted.is_set():
                    break
        except FloatingPointError as error:
            failure = f"Stopped: {error}. Try --restart and a --learning-rate below {configuration.learning_rate:g}."
        _write(file, checkpoint.content(configuration, states))
    return states, failure


def _require_matplotlib() -> None:
    try:
        import matplotlib.figure  # noqa: F401
    except ModuleNotFoundError as error:
        _fail(f"the picture needs {error.name}: pip install 'bptt[plot]', or '.[plot]' in a clone")


def _require_folder(out: Path) -> None:
    """Make the folder. Raises a usage error unless files can be written there, so that no work is lost."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise typer.BadParameter(f"cannot write to {out}: {error.strerror}", param_hint="--out") from error


def _states(file: Path, configuration: Configuration, epochs: int, restart: bool) -> dict[str, State]:
    """The states to go on from. Raises a usage error if the checkpoint is no beginning of what is asked for."""
    if restart or not file.exists():
        return experiment.start(configuration)
    remedy = "--restart replaces it, another --out leaves it alone"
    try:
        found, states = checkpoint.load(file)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(f"{error}; {remedy}", param_hint="--out") from error
    differing = [name for name, value in found._asdict().items() if getattr(configuration, name) != value]
    if differing:
        expected, got = (_as_options(what, differing) for what in (found, configuration))
        message = f"{file} is of {expected}; got {got}; {remedy}"
        raise typer.BadParameter(message, param_hint=" ".join(_option(name) for name in differing))
    if epochs < _epochs(states):
        message = f"it must be at least {_epochs(states)}, the epochs of {file}; got {epochs}; {remedy}"
        raise typer.BadParameter(message, param_hint="--epochs")
    return states


def _as_options(configuration: Configuration, names: list[str]) -> str:
    return " ".join(f"{_option(name)} {getattr(configuration, name)}" for name in names)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _epochs(states: dict[str, State]) -> int:
    return next(iter(states.values())).epochs


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, for the epoch to be completed; a second one interrupts as ever."""
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, as_ever)

    as_ever = signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, as_ever)


def _progress() -> Progress:
    terminal = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[losses]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal)


def _write(file: Path, content: bytes) -> None:
    """Replace the file, or end the command. What was there before stays if it cannot be replaced."""
    try:
        checkpoint.replace(file, content)
    except OSError as error:
        _fail(f"cannot write {file}: {error.strerror}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"bptt train: {message}", err=True)
    raise typer.Exit(1)


def _print_findings(configuration: Configuration, states: dict[str, State]) -> None:
    epochs = _epochs(states)
    table = _table("trained by the", "first loss", f"after {epochs} epochs", "held-out error")
    cell, unseen = CELLS[configuration.cell], experiment.held_out_windows()
    for name, state in states.items():
        error = experiment.root_mean_square_error(state.weights, unseen, cell)
        table.add_row(f"{name} gradient", f"{state.losses[0]:.5g}", f"{state.losses[-1]:.5g}", f"{error:.4g}")
    console.print(table)
    console.print(
        f"\nThe loss is the sum over the {experiment.SAMPLES} windows, the error the root mean square over the values"
        f" of {experiment.SAMPLES} others."
    )
    if "published" not in states:
        return
    state = states["published"]
    rows = {epoch: Comparison(*state.comparisons[epoch // COMPARED_EVERY]) for epoch in (0, REPORTED) if epoch < epochs}
    rows[epochs] = experiment.compare(state.weights, LOSSES[configuration.loss])
    console.print("\nThe published gradient against the true one, at the weights that the published one has reached:\n")
    table = _table("epochs", "cosine of dL/dU", "of dL/dW", "relative error of dL/dU", "of dL/dW")
    for epoch, found in rows.items():
        cosines = (f"{cosine:.4f}" for cosine in (found.cosine_U, found.cosine_W))
        errors = (f"{error:.3f}" for error in (found.relative_error_U, found.relative_error_W))
        table.add_row(str(epoch), *cosines, *errors)
    console.print(table)


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _as_csv(states: dict[str, State]) -> bytes:
    """A row for each epoch: the loss of each network and, every few epochs, the comparison of the gradients."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    compared = Comparison._fields if "published" in states else ()
    rows.writerow(["epoch", *(f"loss_{name}" for name in states), *compared])
    for epoch in range(_epochs(states) + 1):
        losses = [float(state.losses[epoch]) for state in states.values()]
        comparison = [""] * len(compared)
        if compared and epoch % COMPARED_EVERY == 0:
            comparison = states["published"].comparisons[epoch // COMPARED_EVERY].tolist()
        rows.writerow([epoch, *losses, *comparison])
    return text.getvalue().encode()
