"""The checkpoint of a training run: a file that is whole whenever the run is killed, and read only if it is."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from bptt.blogpost.experiment import COMPARED_EVERY, Configuration, State, start
from bptt.rnn.arrays import Array

FORMAT = "bptt train 1"


def replace(file: Path, content: bytes) -> None:
    """Give the file this content, at once: whoever reads it, even after a crash, finds all of the old or of the new."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")  # in the same folder: a rename stays on one disk
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove what a run left behind that was killed while it wrote."""
    for temporary in folder.glob("*.tmp"):
        temporary.unlink(missing_ok=True)


def content(configuration: Configuration, states: dict[str, State]) -> bytes:
    """What is to be in the checkpoint: an .npz of arrays of float64, named like `right.U` and `right.losses`."""
    arrays: dict[str, Any] = {
        f"{name}.{key}": array for name, state in states.items() for key, array in _named(state).items()
    }
    written = io.BytesIO()
    np.savez(written, format=FORMAT, configuration=json.dumps(configuration._asdict()), **arrays)
    return written.getvalue()


def load(file: Path) -> tuple[Configuration, dict[str, State]]:
    """Read the checkpoint. Raises `ValueError` if it is damaged or something else, `OSError` if unreadable."""
    written = file.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(written)) as parts:
            if damaged := parts.testzip():
                raise ValueError(f"{damaged} in it is damaged")
        with np.load(io.BytesIO(written), allow_pickle=False) as arrays:
            if str(arrays["format"]) != FORMAT:
                raise ValueError(f"its format is {arrays['format']}, not {FORMAT}")
            configuration = Configuration(**json.loads(str(arrays["configuration"])))
            states = {
                name: _restored(untrained, {key: arrays[f"{name}.{key}"] for key in _named(untrained)})
                for name, untrained in start(configuration).items()
            }
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged, or not a checkpoint of bptt train: {error}") from error
    if len({state.epochs for state in states.values()}) > 1:
        raise ValueError(f"{file} is damaged: its networks have been trained for different numbers of epochs")
    return configuration, states


def _named(state: State) -> dict[str, Array]:
    """The arrays of a state by name; a bias that there is not is left out."""
    (cell, V), losses, comparisons = state
    named = {**cell._asdict(), "V": V, "losses": losses, "comparisons": comparisons}
    return {name: array for name, array in named.items() if array is not None}


def _restored(untrained: State, named: dict[str, Array]) -> State:
    """The state of these arrays. Raises `ValueError` for other shapes than follow from those of the untrained one."""
    epochs = named["losses"].size - 1
    compared = 1 + epochs // COMPARED_EVERY if len(untrained.comparisons) else 0
    lengths = {"losses": 1 + epochs, "comparisons": compared}
    for name, array in _named(untrained).items():
        expected = (lengths[name], *array.shape[1:]) if name in lengths else array.shape
        if named[name].shape != expected or named[name].dtype != array.dtype:
            raise ValueError(f"{name} must be {array.dtype} {expected}; got {named[name].dtype} {named[name].shape}")
    losses, comparisons, V = (named.pop(name) for name in ("losses", "comparisons", "V"))
    cell = untrained.weights.cell._replace(**named)
    return State(untrained.weights._replace(cell=cell, V=V), losses, comparisons)
