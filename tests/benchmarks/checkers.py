"""What a verdict costs beside the other checkers of gradients: `python -m tests.benchmarks.checkers [--quick]`.

The Elman network with tanh, the loss at the last step, in float64, and its hand-written gradient by all arguments. JAX
and SciPy are given `network.gradient` itself, torch the same lines in its own operations. Compiling is not counted;
what every call pays again is. The checkers take turns, and `ratio` is the median over the rounds of the time divided by
that of `judge_gradient` in the same round. Each passes the right gradient, or the run ends, and meets two wrong ones:

    W off by 1e-9        W_bar[0,0] is multiplied by 1 + 1e-9
    U with Wᵀ            U_bar is that of δ[t,k] = s'(a[t,k]) (h_bar[t,k] + W[k,l] δ[t+1,l])

Undecided counts as missed. All tolerances are the defaults; SciPy returns the norm of an error and no verdict, and more
than 1e-5 counts as wrong. The second table is one entry of dL/dW that has the wrong sign among 500,000 parameters.

On a shared machine set `OMP_NUM_THREADS=1`: threads of BLAS that wait for each other take up to seven times as long.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from optree.integrations.numpy import tree_ravel

from bptt.rnn import elman, network
from bptt.rnn.activations import Activation, sigmoid, tanh
from bptt.rnn.arrays import Array, namespace
from bptt.rnn.elman import Weights as Cell
from bptt.rnn.network import Arguments, Weights
from bptt.verify import Report, judge_gradient
from bptt.verify._problem import Method

try:
    import jax
    import scipy.optimize  # type: ignore[import-untyped, unused-ignore]
    import torch  # type: ignore[import-not-found, unused-ignore]
    from jax.test_util import check_grads
except ModuleNotFoundError as error:
    sys.exit(f"tests.benchmarks.checkers needs {error.name}: pip install 'bptt[benchmark]'")

SIZES = [(5, 4), (20, 4), (50, 4), (20, 64)]  # T, D_h; every other axis is 4
MANY = {"T": 100, "D_x": 256, "D_h": 512, "D_y": 200}
ROUNDS, FEWEST, SECONDS = 15, 3, 20  # a checker drops out after 20 s, but not before it had 3 turns
SCIPY_BOUND = 1e-5

Mistake: TypeAlias = Literal["none", "W off by 1e-9", "U with Wᵀ"]
Judge: TypeAlias = Callable[[], str]  # "right", "wrong" or "undecided"

CELL = elman.cell(tanh)
loss = partial(network.loss, cell=CELL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only the first sizes, and not the 500,000 parameters")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)  # on arrays this small, a second thread makes it slower, up to 25 times
    versions = [f"{module.__name__} {module.__version__}" for module in (np, torch, jax, scipy)]
    print(f"{', '.join(versions)}; {os.cpu_count()} cores, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}\n")
    print(f"{'T':>3} {'D_h':>3}  {'checker':<26} {'a verdict':>13} {'ratio':>7}  {'W off by 1e-9':<13}  U with Wᵀ")
    with jax.enable_x64(True):
        for T, D_h in SIZES[:1] if quick else SIZES:
            compare(T, D_h)
    if not quick:
        print(f"\n{'':<8} {'parameters':>10} {'one wrong entry':>16} {'gradient':>12} {'ratio':>6}")
        detect("tanh", tanh)
        detect("sigmoid", sigmoid)


def compare(T: int, D_h: int) -> None:
    point = random_point(T, 4, D_h, 4)
    judges = {name: checker(point, "none") for name, checker in CHECKERS.items()}
    for name, judge in judges.items():
        verdict = judge()  # compiles, too
        assert verdict != "wrong", f"{name}: the right gradient is {verdict}"
    times: dict[str, list[float]] = {name: [] for name in judges}
    for _ in range(ROUNDS):
        for name, judge in judges.items():
            if len(times[name]) < FEWEST or sum(times[name]) < SECONDS:
                times[name].append(seconds(judge))
    for name, checker in CHECKERS.items():
        ratio = statistics.median(a / b for a, b in zip(times[name], times["judge_gradient"], strict=False))
        median = statistics.median(times[name]) * 1e3
        wrong = [checker(point, mistake)() == "wrong" for mistake in ("W off by 1e-9", "U with Wᵀ")]
        off, transposed = ("refuted" if refuted else "missed" for refuted in wrong)
        print(f"{T:>3} {D_h:>3}  {name:<26} {median:>10.2f} ms {ratio:>7.3f}  {off:<13}  {transposed}", flush=True)


def detect(name: str, activation: Activation) -> None:
    point = random_point(**MANY)
    right = partial(network.gradient, cell=elman.cell(activation))

    def wrong(*arguments: Any) -> Arguments:
        gradient = right(*arguments)
        gradient.weights.cell.W[7, 11] *= -1
        return gradient

    def report() -> Report:
        f = partial(network.loss, cell=elman.cell(activation))
        return judge_gradient(f, wrong, tuple(point), method="floats")

    judged = report()
    assert judged.verdict == "wrong", judged
    assert [leaf.path for leaf in judged.formula.leaves if leaf.verdict == "wrong"] == ["weights.cell.W"], judged
    pairs = [(seconds(report), seconds(partial(right, *point))) for _ in range(ROUNDS)]
    check, gradient = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    count = sum(leaf.size for leaf in jax.tree.leaves(point.weights))
    print(f"{name:<8} {count:>10,} {check:>13.1f} ms {gradient:>9.1f} ms {ratio:>6.2f}", flush=True)


def random_point(T: int, D_x: int, D_h: int, D_y: int) -> Arguments:
    """Normal values; W is orthogonal and the inputs are small, so that no entry of the gradient vanishes."""
    normal = np.random.default_rng(0).normal
    W, _ = np.linalg.qr(normal(size=(D_h, D_h)))
    cell = Cell(normal(size=(D_h, D_x)) / 4, W, normal(size=D_h) / 4)
    V = normal(size=(D_y, D_h)) / np.sqrt(D_h)
    return Arguments(Weights(cell, V), normal(size=D_h), normal(size=(T, D_x)), normal(size=D_y))


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def gradient_with(mistake: Mistake, weights: Weights, h0: Any, xs: Array, y: Array) -> Arguments:
    """`network.gradient` with one mistake, on floats, balls and JAX arrays."""
    gradient = network.gradient(weights, h0, xs, y, CELL)
    cell, W = gradient.weights.cell, weights.cell.W
    if mistake == "W off by 1e-9":
        cell = cell._replace(W=cell.W * (1 + 1e-9 * (np.arange(W.size).reshape(W.shape) == 0)))
    if mistake == "U with Wᵀ":
        states = CELL.forward(weights.cell, h0, xs)
        e = weights.V @ states.h[-1] - y
        h_bar = namespace(states.h).concat([0 * states.h[:-1], (e @ weights.V)[None]])
        cell = cell._replace(U=CELL.backward(weights.cell._replace(W=W.T), h0, xs, states, h_bar).weights.U)
    return gradient._replace(weights=gradient.weights._replace(cell=cell))


def by_bptt(point: Arguments, mistake: Mistake, method: Method = "auto") -> Judge:
    gradient = partial(network.gradient, cell=CELL) if mistake == "none" else partial(gradient_with, mistake)
    return lambda: judge_gradient(loss, gradient, tuple(point), method=method).verdict


def by_torch(point: Arguments, mistake: Mistake, fast_mode: bool) -> Judge:
    leaves = [torch.tensor(leaf, requires_grad=True) for leaf in jax.tree.leaves(point)]
    f = partial(TorchLoss.apply, mistake)
    passes = partial(torch.autograd.gradcheck, f, leaves, fast_mode=fast_mode, raise_exception=False)
    return lambda: "right" if passes() else "wrong"


class TorchLoss(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
    """`network.loss` of tanh, and `gradient_with` a mistake."""

    @staticmethod
    def forward(ctx: Any, mistake: Mistake, U: Any, W: Any, b: Any, V: Any, h0: Any, xs: Any, y: Any) -> Any:
        h = [h0]
        for from_x in xs @ U.T + b:
            h.append(torch.tanh(W @ h[-1] + from_x))
        e = V @ h[-1] - y
        ctx.save_for_backward(U, W, V, xs, e, torch.stack(h))
        ctx.mistake = mistake
        return (e * e).sum() / 2

    @staticmethod
    def backward(ctx: Any, L_bar: Any) -> Any:
        U, W, V, xs, e, h = ctx.saved_tensors
        e = L_bar * e
        slope = (1 - h[1:]) * (1 + h[1:])
        δ = TorchLoss.recurrence(W, slope, e @ V)
        δ_of_U = TorchLoss.recurrence(W.T, slope, e @ V) if ctx.mistake == "U with Wᵀ" else δ
        W_bar = δ.T @ h[:-1]
        if ctx.mistake == "W off by 1e-9":
            W_bar[0, 0] *= 1 + 1e-9
        return None, δ_of_U.T @ xs, W_bar, δ.sum(0), torch.outer(e, h[-1]), δ[0] @ W, δ @ U, -e

    @staticmethod
    def recurrence(W: Any, slope: Any, h_bar: Any) -> Any:
        """δ[t,k] = s'(a[t,k]) (h_bar[t,k] + W[l,k] δ[t+1,l]), where h_bar is 0 but at the last step."""
        δ = [slope[-1] * h_bar]
        for slope_at_t in slope[:-1].flip(0):
            δ.append(slope_at_t * (δ[-1] @ W))
        return torch.stack(δ[::-1])


def by_jax(point: Arguments, mistake: Mistake) -> Judge:
    f: Any = jax.custom_vjp(loss)
    f.defvjp(
        lambda *arguments: (loss(*arguments), arguments),
        lambda arguments, L_bar: jax.tree.map(lambda leaf: L_bar * leaf, tuple(gradient_with(mistake, *arguments))),
    )
    compiled = jax.jit(f)
    arguments = jax.tree.map(jax.numpy.asarray, tuple(point))

    def judge() -> str:
        try:
            check_grads(compiled, arguments, order=1, modes=("rev",))  # type: ignore[no-untyped-call]
        except AssertionError:
            return "wrong"
        return "right"

    return judge


def by_scipy(point: Arguments, mistake: Mistake) -> Judge:
    flat, unravel = tree_ravel(tuple(point))

    def f(x: Array) -> Any:
        return loss(*unravel(x))

    def gradient(x: Array) -> Any:
        return tree_ravel(gradient_with(mistake, *unravel(x)))[0]

    return lambda: "right" if scipy.optimize.check_grad(f, gradient, flat) < SCIPY_BOUND else "wrong"


CHECKERS: dict[str, Callable[[Arguments, Mistake], Judge]] = {
    "judge_gradient": by_bptt,
    "judge_gradient, floats": partial(by_bptt, method="floats"),
    "torch gradcheck": partial(by_torch, fast_mode=False),
    "torch gradcheck, fast_mode": partial(by_torch, fast_mode=True),
    "jax check_grads": by_jax,
    "scipy check_grad": by_scipy,
}


if __name__ == "__main__":
    main()
