"""The gradients on JAX beside autodiff, NumPy's and torch's: `python -m tests.benchmarks.speed jax`.

Half the squared error of V h, summed over all steps, and its gradient by weights, h0, xs and y. The columns:

    hand        `jax.jit(jax.grad)` of `bptt.rnn.jax.loss`, whose backward pass is the hand-written one
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

import itertools
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax import lax

from bptt.rnn import network
from bptt.rnn.arrays import each
from bptt.rnn.jax import loss
from bptt.rnn.network import Arguments
from bptt.rnn.registry import CELLS
from tests.benchmarks.speed.points import Sizes, draw_point
from tests.benchmarks.speed.turns import Row, Run, take_median_ratio, take_turns

MODULES = {"elman-tanh": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def compare_all(cells: Sequence[str], types: Sequence[str], grid: Sequence[Sizes], seconds: float) -> list[Row]:
    """Return a row for each cell, type and size, and print them and the means of each cell."""
    torch.set_num_threads(1)
    rows = []
    for cell, dtype, sizes in itertools.product(cells, types, grid):
        rows.append(measure(cell, sizes, dtype, seconds))
        print(describe(rows[-1]), flush=True)
    for cell, dtype in itertools.product(cells, types):
        print_means([row for row in rows if (row.cell, row.dtype) == (cell, dtype)])
    return rows


def measure(cell: str, sizes: Sizes, dtype: str, seconds: float) -> Row:
    with jax.enable_x64(True):
        arguments = draw_point(CELLS[cell], dtype, sizes)
        on_jax = each(jnp.asarray, arguments)
        programs = {name: compile_gradient(f, on_jax) for name, f in losses(cell).items()}
        memory = {name: program.memory_analysis().temp_size_in_bytes for name, program in programs.items()}
        columns: dict[str, Run] = {name: partial(run_program, program, on_jax) for name, program in programs.items()}
        columns["numpy"] = partial(network.gradient, *arguments, CELLS[cell])
        require_equal({name: column() for name, column in columns.items()}, dtype)
        columns["torch"] = torch_gradient(cell, arguments)
        times = take_turns(columns, seconds)
    ratios = {f"{name} / hand": take_median_ratio(times[name], times["hand"]) for name in ("scan", "hoisted")}
    best = min(("hand", "numpy"), key=lambda name: statistics.median(times[name]))
    ratios["torch / best"] = take_median_ratio(times["torch"], times[best])
    ratios |= {f"memory of {name} / scan": memory[name] / memory["scan"] for name in ("hand", "kept")}
    return Row(cell, sizes, dtype, {name: statistics.median(of) for name, of in times.items()}, ratios, memory)


def losses(cell: str) -> dict[str, Callable[..., Any]]:
    """The loss of `Arguments` as each JAX column computes it."""
    return {
        "hand": partial(loss, cell=CELLS[cell]),
        "kept": partial(loss, cell=CELLS[cell], checkpoint=True),
        "scan": partial(loss_of_scan, STEPS[cell], False),
        "hoisted": partial(loss_of_scan, STEPS[cell], True),
    }


def loss_of_scan(step: Callable[..., Any], hoisted: bool, weights: network.Weights, h0: Any, xs: Any, y: Any) -> Any:
    """½ Σ (V h − y)²"""
    e = scan_plainly(step, hoisted, weights.cell, h0, xs) @ weights.V.T - y
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


STEPS = {"elman-tanh": step_elman, "lstm": step_lstm, "gru": step_gru}


def compile_gradient(f: Callable[..., Any], arguments: Arguments) -> Any:
    return jax.jit(jax.grad(f, argnums=(0, 1, 2, 3))).lower(*arguments).compile()


def run_program(program: Any, arguments: Arguments) -> Arguments:
    return jax.tree.map(lambda leaf: leaf.block_until_ready(), Arguments(*program(*arguments)))


def torch_gradient(cell: str, arguments: Arguments) -> Run:
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


def describe(row: Row) -> str:
    times = "  ".join(f"{name} {seconds * 1e6:.0f}" for name, seconds in row.seconds.items())
    ratios = "  ".join(f"{name} {ratio:.2f}" for name, ratio in row.ratios.items())
    return f"{row.cell:<10} {row.sizes!s:<24} {row.dtype}  {times}  |  {ratios}"


def print_means(rows: list[Row]) -> None:
    """Print the geometric mean and the smallest of each ratio of times, of one cell in one type."""
    for name in ("scan / hand", "hoisted / hand", "torch / best"):
        ratios = [row.ratios[name] for row in rows]
        mean, least = statistics.geometric_mean(ratios), min(ratios)
        print(f"{rows[0].cell:<10} {rows[0].dtype}  {name:<14}  geometric mean {mean:.2f}, least {least:.2f}")
