"""`bptt train`: the post's experiment, by the right gradient and by the one that the post published."""

import csv
import tempfile
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bptt.blogpost import experiment
from bptt.blogpost.experiment import COMPARED_EVERY, Comparison, Configuration, Training
from bptt.cli._console import console, make_progress
from bptt.rnn.losses import LOSSES
from bptt.rnn.registry import CELLS

POST = Configuration()
GRADIENTS = ["both", "right", "published"]
REAL_LOSSES = [name for name, loss in LOSSES.items() if not loss.of_classes]  # a value of a sine is no class


def train(
    gradient: Annotated[
        str | None, typer.Option(metavar="|".join(GRADIENTS), help="By default both for the Elman cell, else right.")
    ] = None,
    cell: Annotated[str, typer.Option(metavar="|".join(CELLS), help="The recurrent cell.")] = POST.cell,
    loss: Annotated[str, typer.Option(metavar="|".join(REAL_LOSSES), help="That at the last step.")] = POST.loss,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over all windows.")] = experiment.EPOCHS,
    learning_rate: Annotated[float, typer.Option(help="Of the gradient, which is a sum.")] = POST.learning_rate,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the initial weights.")] = POST.seed,
    out: Annotated[Path, typer.Option(help="The folder for the picture and the losses.")] = Path("bptt-train"),
) -> None:
    """Fit windows of a sine by plain gradient descent, as the post did: T = D_x = 6, D_h = 32, D_y = 8, 50 windows.

    Trains a network by the right gradient, by the published one, which exists for the Elman cell alone, or one by each.

    The post derives the squared loss, but its code clips the error to ±1: that is the gradient of the Huber loss.

    The post's 4000 epochs end on a plateau, which the right gradient leaves soon after, the published one after 8000.

    Draws the losses, the angle between the gradients and held-out windows: training.png. Lists these: training.csv.

    The same options give the same result. After Ctrl-C, what has been trained till then is drawn and listed.

    Exit code 0 after the last epoch, 1 after a failure such as an infinite loss, 2 for a usage error, 130 after Ctrl-C.
    """
    gradient = gradient or (POST.gradient if cell == POST.cell else "right")
    choices = {"--gradient": (gradient, GRADIENTS), "--cell": (cell, CELLS), "--loss": (loss, REAL_LOSSES)}
    for option, (value, names) in choices.items():
        if value not in names:
            raise typer.BadParameter(f"it must be one of {', '.join(names)}; got {value!r}", param_hint=option)
    if gradient != "right" and cell != POST.cell:
        message = f"the published one is for --cell {POST.cell} alone, for {cell} it must be right; got {gradient!r}"
        raise typer.BadParameter(message, param_hint="--gradient")
    if not 0 < learning_rate < float("inf"):
        raise typer.BadParameter(f"it must be positive and finite; got {learning_rate}", param_hint="--learning-rate")
    try:
        from bptt.blogpost import plot
    except ModuleNotFoundError as error:
        _fail(f"the picture needs {error.name}: pip install 'bptt[plot]', or '.[plot]' in a clone")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):  # so that no training is lost in a folder that takes no file
            pass
    except OSError as error:
        raise typer.BadParameter(f"cannot write to {out}: {error.strerror}", param_hint="--out") from error
    configuration = Configuration(gradient, cell, loss, learning_rate, seed)
    trained, failure = _descend(configuration, epochs)
    try:
        plot.draw(configuration, trained).savefig(out / "training.png")
        _write_losses(out / "training.csv", trained)
    except OSError as error:
        _fail(f"cannot write to {out}: {error.strerror}")
    _print_findings(configuration, trained)
    console.print(f"\nWritten to {out}: training.png, the picture, and training.csv, the losses")
    if isinstance(failure, FloatingPointError):
        _fail(f"stopped: {failure}. Try a --learning-rate below {learning_rate:g}")
    if failure:
        _fail(f"interrupted before the last of {epochs} epochs", exit_code=130)


def _descend(configuration: Configuration, epochs: int) -> tuple[dict[str, Training], BaseException | None]:
    """Train for that many epochs; return what came of the last whole one, and what ended it early."""
    networks = experiment.descend(configuration)
    trained = next(networks)
    with make_progress() as progress:
        task = progress.add_task("", total=epochs)
        try:
            for trained in islice(networks, epochs):
                losses = ", ".join(f"{network.losses[-1]:.4g} ({name})" for name, network in trained.items())
                progress.update(task, advance=1, description=f"loss {losses}")
        except (FloatingPointError, KeyboardInterrupt) as error:
            return trained, error  # the epochs before it are whole, and worth a picture
    return trained, None


def _fail(message: str, exit_code: int = 1) -> NoReturn:
    typer.echo(f"bptt train: {message}", err=True)
    raise typer.Exit(exit_code)


def _write_losses(file: Path, trained: dict[str, Training]) -> None:
    """Write a row for each epoch: the loss of each network and, every few epochs, the comparison of the gradients."""
    epochs = range(len(next(iter(trained.values())).losses))
    columns = {"epoch": list(epochs)} | {f"loss_{name}": network.losses.tolist() for name, network in trained.items()}
    if "published" in trained:
        for name, values in zip(Comparison._fields, zip(*trained["published"].comparisons, strict=True), strict=True):
            columns[name] = ["" if n % COMPARED_EVERY else values[n // COMPARED_EVERY] for n in epochs]
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([columns, *zip(*columns.values(), strict=True)])


def _print_findings(configuration: Configuration, trained: dict[str, Training]) -> None:
    """Print how far each network has come, and the published gradient beside the true one where it has led."""
    for name, (weights, losses, _) in trained.items():
        error = experiment.measure_error(weights, *experiment.held_out_windows(), CELLS[configuration.cell])
        console.print(
            f"{name} gradient: loss {losses[0]:.5g} at first, {losses[-1]:.5g} after {len(losses) - 1} epochs;"
            f" root mean square error on held-out windows {error:.4g}"
        )
    if "published" in trained:
        found = experiment.compare(trained["published"].weights, LOSSES[configuration.loss])._asdict()
        compared = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in found.items())
        console.print(f"There, the published gradient beside the true one: {compared}")
