"""How fast the gradients are on JAX, beside autodiff: `python -m tests.benchmarks.speed_jax [--json]`.

Half the squared error of V h, summed over all steps, and its gradient by weights, h0, xs and y. The columns:

    hand        `jax.jit(jax.grad)` of a loss of `bptt.rnn.jax.forward`, whose backward pass is the hand-written one
    kept        the same with `checkpoint=True`
    numpy       `network.gradient` on NumPy arrays
    scan        `jax.jit(jax.grad)` of the loss of a plain `lax.scan` over the textbook step
    hoisted     the same, the products U x of all steps taken before the scan
    torch       `torch.nn`'s module of that name, and `torch.autograd.grad`

They take turns. A time is the median of one column's CPU time in microseconds; `scan / hand` and the like are medians
of ratios of the same turn; torch stands beside the faster of hand and numpy. Memory is the temporary memory of the
compiled program. Compiling is not counted. All gradients but torch's are compared before they are timed.

For one thread, which is what is meant:

    export OMP_NUM_THREADS=1 JAX_PLATFORMS=cpu
    export XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax import lax

from bptt.rnn import network
from bptt.rnn.arrays import Array, each
from bptt.rnn.cell import Cell
from bptt.rnn.jax import forward
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from tests.benchmarks.speed import LARGE, SMALL, Sizes

GRID = [*SMALL[1:], *LARGE]
NAMES = {"elman": "elman-tanh", "lstm": "lstm", "gru": "gru"}
MODULES = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
SECONDS, FEWEST, MOST, SHORTEST = 4.0, 5, 100, 2e-3  # of a row; turns; of one turn of a column, by repetition

Gradient = Callable[[], Any]


class Row(NamedTuple):
    """What was measured at one point: CPU seconds, ratios of the same turn, bytes of temporary memory."""

    cell: str
    sizes: Sizes
    dtype: str
    seconds: dict[str, float]
    ratios: dict[str, float]
    memory: dict[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON a row, and no table")
    parser.add_argument("--cell", choices=NAMES, nargs="*", default=list(NAMES))
    parser.add_argument("--dtype", choices=["float32", "float64"], nargs="*", default=["float32", "float64"])
    parser.add_argument(
        "--size", type=int, nargs="*", default=list(range(len(GRID))), help="places in the grid, from 0"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each row")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for cell in options.cell:
        rows = []
        for dtype in options.dtype:
            for n in options.size:
                rows.append(measure(cell, GRID[n], dtype, options.seconds))
                print(json.dumps(rows[-1]._asdict()) if options.json else describe(rows[-1]), flush=True)
        if not options.json:
            print_means(cell, rows)


def measure(cell: str, sizes: Sizes, dtype: str, seconds: float) -> Row:
    with jax.enable_x64(True):
        arguments = draw(CELLS[NAMES[cell]], sizes, dtype)
        on_jax = each(jnp.asarray, arguments)
        programs = {name: compile_gradient(f, on_jax) for name, f in losses(cell).items()}
        memory = {name: program.memory_analysis().temp_size_in_bytes for name, program in programs.items()}
        columns: dict[str, Gradient] = {
            name: partial(run_program, program, on_jax) for name, program in programs.items()
        }
        columns["numpy"] = partial(network.gradient, *arguments, CELLS[NAMES[cell]])
        require_equal({name: column() for name, column in columns.items()}, dtype)
        columns["torch"] = torch_gradient(cell, arguments)
        times = take_turns(columns, seconds)
    ratios = {f"{name} / hand": median_ratio(times[name], times["hand"]) for name in ("scan", "hoisted")}
    best = min(("hand", "numpy"), key=lambda name: statistics.median(times[name]))
    ratios["torch / best"] = median_ratio(times["torch"], times[best])
    ratios |= {f"memory of {name} / scan": memory[name] / memory["scan"] for name in ("hand", "kept")}
    return Row(cell, sizes, dtype, {name: statistics.median(of) for name, of in times.items()}, ratios, memory)


def draw(cell: Cell, sizes: Sizes, dtype: str) -> Arguments:
    """Normal values, weights divided by the root of their columns, so that nothing explodes or saturates."""
    random = np.random.default_rng(0)
    T, B, D_x, D_h, D_y = sizes

    def matrix(*shape: int) -> Array:
        return (random.normal(size=shape) / np.sqrt(shape[-1])).astype(dtype)

    rows = (*cell.gates, D_h)
    biases = [matrix(*rows) for _ in cell.Weights._fields[2:]]
    weights = cell.Weights(matrix(*rows, D_x), matrix(*rows, D_h), *biases)
    h0 = cell.State(*(matrix(B, D_h) for _ in cell.State._fields))
    return Arguments(network.Weights(weights, matrix(D_y, D_h)), h0, matrix(T, B, D_x), matrix(T, B, D_y))


def losses(cell: str) -> dict[str, Callable[..., Any]]:
    """The loss of `Arguments` as each JAX column computes the hidden states."""
    states: dict[str, Callable[..., Any]] = {
        "hand": lambda *arguments: forward(CELLS[NAMES[cell]], *arguments).h,
        "kept": lambda *arguments: forward(CELLS[NAMES[cell]], *arguments, checkpoint=True).h,
        "scan": lambda *arguments: scan_plainly(STEPS[cell], False, *arguments),
        "hoisted": lambda *arguments: scan_plainly(STEPS[cell], True, *arguments),
    }
    return {name: partial(loss_of, f) for name, f in states.items()}


def loss_of(hidden_states: Callable[..., Any], weights: network.Weights, h0: Any, xs: Any, y: Any) -> Any:
    """½ Σ (V h − y)²"""
    e = hidden_states(weights.cell, h0, xs) @ weights.V.T - y
    return (e * e).sum() / 2


def scan_plainly(step: Callable[..., Any], hoisted: bool, weights: Any, state: Any, xs: Any) -> Any:
    """Scan over the step; the hidden states (T, B, D_h)."""
    U, W = (M.reshape(-1, M.shape[-1]) for M in weights[:2])
    biases = [b.reshape(-1) for b in weights[2:]]
    if hoisted:
        return lax.scan(lambda state, drive: step(W, biases, state, drive), state, xs @ U.T)[1]
    return lax.scan(lambda state, x: step(W, biases, state, x @ U.T), state, xs)[1]


def step_elman(W: Any, biases: Any, state: Any, drive: Any) -> Any:
    h = jnp.tanh(drive + state.h @ W.T + biases[0])
    return state._replace(h=h), h


def step_lstm(W: Any, biases: Any, state: Any, drive: Any) -> Any:
    i, f, g, o = jnp.split(drive + state.h @ W.T + biases[0], 4, axis=-1)
    c = jax.nn.sigmoid(f) * state.c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return state._replace(h=h, c=c), h


def step_gru(W: Any, biases: Any, state: Any, drive: Any) -> Any:
    x_r, x_z, x_n = jnp.split(drive + biases[0], 3, axis=-1)
    h_r, h_z, h_n = jnp.split(state.h @ W.T + biases[1], 3, axis=-1)
    r, z = jax.nn.sigmoid(x_r + h_r), jax.nn.sigmoid(x_z + h_z)
    n = jnp.tanh(x_n + r * h_n)
    h = (1 - z) * n + z * state.h
    return state._replace(h=h), h


STEPS = {"elman": step_elman, "lstm": step_lstm, "gru": step_gru}


def compile_gradient(f: Callable[..., Any], arguments: Arguments) -> Any:
    return jax.jit(jax.grad(f, argnums=(0, 1, 2, 3))).lower(*arguments).compile()


def run_program(program: Any, arguments: Arguments) -> Arguments:
    return jax.tree.map(lambda leaf: leaf.block_until_ready(), Arguments(*program(*arguments)))


def torch_gradient(cell: str, arguments: Arguments) -> Gradient:
    """The gradient by `torch.nn`'s module, which has two biases where ours may have one, with our values."""
    weights, h0, xs, y = each(lambda array: torch.tensor(array, requires_grad=True), arguments)
    D_h, D_x = weights.cell.W.shape[-1], weights.cell.U.shape[-1]
    module = MODULES[cell](D_x, D_h, dtype=xs.dtype)
    state = tuple(part[None] for part in h0) if cell == "lstm" else h0.h[None]
    leaves = [*module.parameters(), weights.V, *h0, xs, y]

    def gradient() -> Any:
        e = module(xs, state)[0] @ weights.V.T - y
        return torch.autograd.grad((e * e).sum() / 2, leaves, retain_graph=True)

    return gradient


def require_equal(gradients: dict[str, Any], dtype: str) -> None:
    """Raise `AssertionError` unless each gradient is that of the scan to three quarters of the bits of its norm."""
    bound = float(np.finfo(dtype).eps) ** 0.75
    for name, gradient in gradients.items():
        for ours, theirs in zip(jax.tree.leaves(gradient), jax.tree.leaves(gradients["scan"]), strict=True):
            error = np.abs(np.asarray(ours) - np.asarray(theirs)).max() / np.abs(theirs).max()
            assert error < bound, f"{name} is off by {error:.1e}"


def take_turns(columns: dict[str, Gradient], seconds: float) -> dict[str, list[float]]:
    """CPU seconds of each call, in turns until the seconds are over."""
    repetitions = {name: max(1, int(SHORTEST / time_calls(column, 2))) for name, column in columns.items()}
    times: dict[str, list[float]] = {name: [] for name in columns}
    end = time.monotonic() + seconds
    for turn in range(MOST):
        if turn >= FEWEST and time.monotonic() > end:
            break
        for name, column in columns.items():
            time_calls(column, min(3, repetitions[name] - 1))  # what the column before left in the caches is cold to it
            times[name].append(time_calls(column, repetitions[name]))
    return times


def time_calls(column: Gradient, count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        column()
    return (time.process_time() - start) / max(count, 1)


def median_ratio(of: list[float], by: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(of, by, strict=True))


def describe(row: Row) -> str:
    times = "  ".join(f"{name} {seconds * 1e6:.0f}" for name, seconds in row.seconds.items())
    ratios = "  ".join(f"{name} {ratio:.2f}" for name, ratio in row.ratios.items())
    return f"{row.cell:<5} {','.join(map(str, row.sizes)):<20} {row.dtype}  {times}  |  {ratios}"


def print_means(cell: str, rows: list[Row]) -> None:
    """Print the geometric mean and the smallest of each ratio of times."""
    for name in ("scan / hand", "hoisted / hand", "torch / best"):
        ratios = [row.ratios[name] for row in rows]
        print(f"{cell:<5} {name:<14}  geometric mean {statistics.geometric_mean(ratios):.2f}, least {min(ratios):.2f}")


if __name__ == "__main__":
    main()
