"""What a verdict on plain NumPy loops costs beside other checkers: `python -m tests.benchmarks.verdicts [--quick]`.

An Elman network with the loss at each step, T steps and D units, all other axes 4, by its weights and inputs; and the
character model of min-char-rnn, 25 letters of 65 and 100 units, by its weights. All checkers are given the same two
NumPy functions: torch within an `autograd.Function`, JAX by callbacks within a `custom_vjp`, SciPy flattened. They take
turns in one process, and must pass; tolerances are the defaults, but for SciPy, which has none. Of each checker:

    time      of the processor, the median over the rounds
    ratio     the median of its time in units of that of `judge_gradient` in the same round
    memory    by how much one verdict raises the peak of a process of its own; not of one that takes more than 15 s

Run it on one thread, `OMP_NUM_THREADS=1`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from bptt.verify import judge_gradient
from tests.benchmarks.trials import print_table
from tests.corpus.everyday_code import char_rnn_gradient, char_rnn_loss

Array: TypeAlias = Any
Check: TypeAlias = Callable[[], object]

ELMAN_SIZES = [(5, 4), (20, 4), (50, 4), (20, 64)]  # T, D
LETTERS, UNITS, STEPS = 65, 100, 25
ROUNDS, FEWEST, SECONDS = 15, 1, 15  # a checker drops out after 15 s, but not before it had a turn
SCIPY_BOUND = 1e-3  # of an error among 8,000 slopes


class Pair(NamedTuple):
    """A loss, its gradient by the first few arguments, and all arguments."""

    name: str
    f: Callable[..., Any]
    gradient: Callable[..., Any]
    point: tuple[Array, ...]
    by: tuple[str, ...]

    @property
    def chosen(self) -> tuple[Array, ...]:
        """The arguments by which it is differentiated."""
        return self.point[: len(self.by)]

    def complete(self, chosen: tuple[Array, ...]) -> tuple[Array, ...]:
        """Return all arguments, with others in the place of those."""
        return (*chosen, *self.point[len(self.by) :])


def elman_loss(U: Array, W: Array, V: Array, xs: Array, ys: Array) -> Any:
    """½ Σ_t |V h[t] − y[t]|² with h[t] = tanh(U x[t] + W h[t-1]) and h[-1] = 0."""
    h, loss = np.zeros(len(W)), 0.0
    for x, y in zip(xs, ys, strict=True):
        h = np.tanh(U @ x + W @ h)
        e = V @ h - y
        loss += 0.5 * (e * e).sum()
    return loss


def elman_gradient(U: Array, W: Array, V: Array, xs: Array, ys: Array) -> tuple[Array, ...]:
    """Return its gradient by U, W, V and xs."""
    h = [np.zeros(len(W))]
    for x in xs:
        h.append(np.tanh(U @ x + W @ h[-1]))
    U_bar, W_bar, V_bar, xs_bar = (np.zeros_like(M) for M in (U, W, V, xs))
    h_bar = np.zeros(len(W))
    for t in reversed(range(len(xs))):
        e = V @ h[t + 1] - ys[t]
        δ = (1 - h[t + 1] ** 2) * (V.T @ e + h_bar)
        V_bar += np.outer(e, h[t + 1])
        U_bar += np.outer(δ, xs[t])
        W_bar += np.outer(δ, h[t])
        xs_bar[t] = U.T @ δ
        h_bar = W.T @ δ
    return U_bar, W_bar, V_bar, xs_bar


def make_elman(T: int, D: int) -> Pair:
    """Return the Elman network at normal values; those of the recurrence neither explode nor saturate."""
    normal = np.random.default_rng(0).normal
    U, W, V = normal(size=(D, 4)) / 4, normal(size=(D, D)) / np.sqrt(D), normal(size=(4, D)) / np.sqrt(D)
    point = (U, W, V, normal(size=(T, 4)), normal(size=(T, 4)))
    return Pair(f"T = {T}, D = {D}", elman_loss, elman_gradient, point, ("U", "W", "V", "xs"))


def make_character_model() -> Pair:
    """Return the character model at the small values from which its author trains it."""
    random = np.random.default_rng(0)
    shapes = {"Wxh": (UNITS, LETTERS), "Whh": (UNITS, UNITS), "Why": (LETTERS, UNITS)}
    weights = [0.01 * random.normal(size=shape) for shape in shapes.values()]
    names = (*shapes, "bh", "by")
    point = (*weights, np.zeros((UNITS, 1)), np.zeros((LETTERS, 1)))
    letters, h0 = random.integers(0, LETTERS, STEPS + 1), np.zeros((UNITS, 1))

    def f(Wxh: Array, Whh: Array, Why: Array, bh: Array, by: Array) -> Any:
        return char_rnn_loss(dict(zip(names, (Wxh, Whh, Why, bh, by), strict=True)), letters[:-1], letters[1:], h0)

    def gradient(Wxh: Array, Whh: Array, Why: Array, bh: Array, by: Array) -> tuple[Array, ...]:
        p = dict(zip(names, (Wxh, Whh, Why, bh, by), strict=True))
        return tuple(char_rnn_gradient(p, letters[:-1], letters[1:], h0).values())

    return Pair("character model", f, gradient, point, names)


PAIRS: dict[str, Callable[[], Pair]] = {
    **{f"{T},{D}": partial(make_elman, T, D) for T, D in ELMAN_SIZES},
    "characters": make_character_model,
}


def by_judge(pair: Pair) -> Check:
    return lambda: judge_gradient(pair.f, pair.gradient, pair.point, wrt=pair.by)


def by_torch(pair: Pair, fast_mode: bool) -> Check:
    import torch  # type: ignore[import-not-found, unused-ignore]

    torch.set_num_threads(1)  # on arrays this small, a second thread makes it slower

    class Loss(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
        @staticmethod
        def forward(ctx: Any, *chosen: Any) -> Any:
            ctx.chosen = tuple(x.detach().numpy() for x in chosen)
            return torch.tensor(pair.f(*pair.complete(ctx.chosen)))

        @staticmethod
        def backward(ctx: Any, L_bar: Any) -> Any:
            return tuple(L_bar * torch.from_numpy(x) for x in pair.gradient(*pair.complete(ctx.chosen)))

    leaves = [torch.tensor(x, requires_grad=True) for x in pair.chosen]
    return lambda: torch.autograd.gradcheck(Loss.apply, leaves, fast_mode=fast_mode)


def by_jax(pair: Pair) -> Check:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

    def call(function: Callable[..., Any], like: Any, *chosen: Any) -> Any:
        return jax.pure_callback(lambda *x: function(*pair.complete(tuple(map(np.asarray, x)))), like, *chosen)

    value = jax.ShapeDtypeStruct((), np.float64)  # type: ignore[no-untyped-call]
    slopes = tuple(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in pair.chosen)  # type: ignore[no-untyped-call]
    f: Any = jax.custom_vjp(partial(call, pair.f, value))
    f.defvjp(
        lambda *chosen: (f(*chosen), chosen),
        lambda chosen, L_bar: tuple(L_bar * x for x in call(pair.gradient, slopes, *chosen)),
    )
    compiled = jax.jit(f)

    def check() -> bool:
        check_grads(compiled, pair.chosen, order=1, modes=("rev",))  # type: ignore[no-untyped-call]
        return True

    return check


def by_scipy(pair: Pair) -> Check:
    from optree.integrations.numpy import tree_ravel
    from scipy.optimize import check_grad  # type: ignore[import-untyped, unused-ignore]

    flat, unravel = tree_ravel(pair.chosen)

    def gradient(x: Array) -> Any:
        return tree_ravel(pair.gradient(*pair.complete(unravel(x))))[0]

    return lambda: check_grad(lambda x: pair.f(*pair.complete(unravel(x))), gradient, flat) < SCIPY_BOUND


CHECKERS: Mapping[str, Callable[[Pair], Check]] = {
    "judge_gradient": by_judge,
    "torch gradcheck": partial(by_torch, fast_mode=False),
    "torch gradcheck, fast_mode": partial(by_torch, fast_mode=True),
    "jax check_grads": by_jax,
    "scipy check_grad": by_scipy,
}


class Cost(NamedTuple):
    """What a verdict of one checker on one pair took."""

    pair: str
    checker: str
    seconds: float
    ratio: float
    megabytes: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the first pair alone")
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=list(PAIRS))
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--memory", nargs=2, metavar=("PAIR", "CHECKER"), help="print that of one verdict, in MB")
    options = parser.parse_args()
    if options.memory:
        print(measure_memory(*options.memory))
        return
    print(f"NumPy {np.__version__}, {os.cpu_count()} cores, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}\n")
    costs = []
    for key in options.pairs[: 1 if options.quick else None]:
        costs += (of_pair := list(compare(key)))
        print(f"{of_pair[0].pair}\n")
        print_table(("checker", "time", "ratio", "memory"), map(describe, of_pair))
        print(flush=True)
    if options.json:
        options.json.write_text(json.dumps([cost._asdict() for cost in costs], indent=1))


def describe(cost: Cost) -> tuple[str, ...]:
    memory = "" if cost.megabytes is None else f"{cost.megabytes:.0f} MB"
    return cost.checker, f"{1e3 * cost.seconds:.1f} ms", f"{cost.ratio:.2f}", memory


def compare(key: str) -> Iterator[Cost]:
    """Measure all checkers on one pair, in turns."""
    pair = PAIRS[key]()
    checks = {name: make(pair) for name, make in CHECKERS.items()}
    times: dict[str, list[float]] = {name: [] for name in checks}
    for _ in range(ROUNDS):
        for name, check in checks.items():
            if len(times[name]) < FEWEST or sum(times[name]) < SECONDS:
                times[name].append(measure_time(check))
    ours = times["judge_gradient"]
    for name, of_checker in times.items():
        ratio = statistics.median(a / b for a, b in zip(of_checker, ours, strict=False))
        median = statistics.median(of_checker)
        yield Cost(pair.name, name, median, ratio, measure_memory_apart(key, name) if median < SECONDS else None)


def measure_time(check: Check) -> float:
    """Return the seconds of the processor that a verdict takes. Raises `ValueError` if it is not that of a pass."""
    start = time.process_time()
    passed = check()
    seconds = time.process_time() - start
    if not passed:
        raise ValueError(f"a checker does not pass the right gradient: {passed}")
    return seconds


def measure_memory_apart(key: str, checker: str) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.verdicts", "--memory", key, checker]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure_memory(key: str, checker: str) -> float:
    """Return by how many megabytes one verdict raises the peak of this process, on Linux."""
    check = CHECKERS[checker](PAIRS["5,4"]())
    check()  # loads what is loaded once
    check = CHECKERS[checker](PAIRS[key]())
    before = _read_peak()
    check()
    return _read_peak() - before


def _read_peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


if __name__ == "__main__":
    main()
