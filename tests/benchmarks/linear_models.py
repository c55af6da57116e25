"""Right gradients of linear models and small networks that are accused: `python -m tests.benchmarks.linear_models`.

Every loss of `tests.benchmarks.losses` and `losses_of_classes` of affine scores, and networks with one hidden layer,
with random shapes, data, regularisers and ways to write them. What is called wrong or left undecided is printed with
the number of its case and the reason; whether f has a kink there is computed at 120 digits, from its slopes ahead and
behind along a random direction. The exit status is 1 if a right gradient is called wrong.

`--check` judges none, but compares the gradients themselves with those slopes.
"""

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from bptt.verify import judge_gradient
from tests.benchmarks.affine_models import (
    REDUCTIONS,
    REGULARISERS,
    SCORES,
    WEIGHTS,
    AffineModel,
    Form,
    Style,
    write_functions,
)
from tests.benchmarks.exact import Case, Function, compute_slopes, to_exact
from tests.benchmarks.hidden_layer import (
    ACTIVATIONS,
    HEADS,
    Network,
    write_embedding,
    write_gaussian,
    write_max_pool,
    write_network,
)
from tests.benchmarks.losses import Targets
from tests.benchmarks.losses_of_classes import LOSSES
from tests.benchmarks.trials import Counts, count_to, make_parser, print_table

Regime: TypeAlias = Literal[
    "generic", "tied", "sparse", "one-hot", "saturated", "standardised", "near optimum", "zero start"
]
REGIMES: tuple[Regime, ...] = get_args(Regime)
OTHERS: dict[str, Callable[[Any, Any], tuple[Function, Function]]] = {
    "embedding": write_embedding,
    "max pool": write_max_pool,
    "gaussian": write_gaussian,
}
NAMES = [*LOSSES, *(f"network of {name}" for name in ACTIVATIONS), *OTHERS]
ROWS_OF: dict[Targets, int] = {"triplets": 3, "pairs": 2}  # the others take any number of them
MATRIX = {"class", "one-hot", "distribution", "triplets", "pairs"}  # targets of several scores each row


def main() -> int:
    parser = make_parser(__doc__, 1000)
    parser.add_argument("--check", action="store_true", help="check the gradients, not the verdicts")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.check:
        return check(options.n, options.seed)
    counts, seconds = Counts(), 0.0
    for index in count_to(options.n):
        case = draw(options.seed, index)
        start = time.perf_counter()
        report = judge_gradient(case.f, case.gradient, case.at, wrt=case.wrt, seed=0)
        seconds += time.perf_counter() - start
        verdict = str(report.verdict)
        if verdict != "right":
            place = "at a kink" if compute_slopes(case).has_kink else "elsewhere"
            print(f"{index}, {verdict} {place}: {case.label}: {report.reason}", file=sys.stderr)
            verdict = f"undecided {place}" if verdict == "undecided" else verdict
        counts.add(case.kind, verdict)
    columns = ("right", "undecided at a kink", "undecided elsewhere", "wrong")
    rows = counts.with_total()
    print_table(
        ("data", "right gradients", *columns),
        [(name, row.total(), *(row[column] for column in columns)) for name, row in rows.items()],
    )
    print(f"\n{len(NAMES)} models, {1000 * seconds / max(1, options.n):.0f} ms a verdict")
    return int(rows["all"]["wrong"] > 0)


def check(n: int, seed: int) -> int:
    counts = Counts()
    for index in count_to(n):
        case = draw(seed, index)
        slopes = compute_slopes(case)
        finding = "at a kink" if slopes.has_kink else "the slope" if slopes.agree else "another slope"
        if finding == "another slope":
            print(f"{index}: {case.label}: {slopes}", file=sys.stderr)
        counts.add(case.kind, finding)
    columns = ("the slope", "at a kink", "another slope")
    rows = counts.with_total()
    print_table(("data", *columns), [(name, *(row[column] for column in columns)) for name, row in rows.items()])
    return int(rows["all"]["another slope"] > 0)


def draw(seed: int, index: int) -> Case:
    """Return the case of that number; it is drawn again where something is not finite."""
    rng, name = np.random.default_rng([seed, index]), NAMES[index % len(NAMES)]
    while True:
        with np.errstate(all="ignore"):
            case = draw_affine(rng, name) if name in LOSSES else draw_other(rng, name)
            values = [case.f(*case.at), *(value for array in case.gradients().values() for value in array)]
        if np.isfinite(values).all():
            return case


def draw_affine(rng: np.random.Generator, name: str) -> Case:
    loss, regime = LOSSES[name], pick(rng, REGIMES)
    n, d, k = draw_rows(rng), int(rng.integers(1, 7)), int(rng.integers(2, 6))
    multiple = ROWS_OF.get(loss.targets, 1)
    n = -(-n // multiple) * multiple
    X = draw_inputs(rng, n, d, regime)
    is_matrix = loss.targets in MATRIX or (loss.targets == "real" and rng.random() < 0.3)
    W = rng.normal(size=(d, k) if is_matrix else d)
    b = pick(rng, [None, rng.normal(size=k)] if is_matrix else [None, float(rng.normal()), rng.normal(size=1)])
    z = X @ W + (0 if b is None else b)
    shrink = min(1.0, loss.largest / np.abs(z).max(initial=1.0)) * (regime != "zero start")
    y = draw_targets(rng, loss.targets, z, regime in ("tied", "sparse", "one-hot"))
    if regime == "near optimum" and loss.targets == "real":
        y = z * shrink + 0.1 * rng.normal(size=z.shape) * (rng.random() < 0.5)
        W = W + 10.0 ** -rng.integers(3, 10) * rng.normal(size=W.shape)
    parameters = (W * shrink,) if b is None else (W * shrink, b * shrink)
    value, gradient = int(rng.integers(len(loss.values))), int(rng.integers(len(loss.gradients)))
    is_total = np.ndim(loss.values[value](X @ W * shrink, y)) == 0
    reduction = "total" if is_total else pick(rng, [name for name in REDUCTIONS if name != "total"])
    regulariser = pick(rng, ["none", "none", *REGULARISERS])
    style = Style(value, gradient, pick(rng, list(SCORES)), pick(rng, list(WEIGHTS)), reduction, regulariser)
    form = pick(rng, get_args(Form))
    if form == "arguments" and isinstance(y, tuple):
        form = "closure"
    names = ("W",) if b is None else ("W", "b")
    at: tuple[Any, ...] = (dict(zip(names, parameters, strict=True)),) if form == "dict" else parameters
    at += {"arguments": (X, y), "inputs": (X,)}.get(form, ())
    wrt = (names if b is not None else "W") if form == "arguments" else None

    def make_functions(X: Any, y: Any) -> tuple[Function, Function]:
        return write_functions(AffineModel(loss, style, X, y), form, b is not None)

    def make_exact() -> tuple[Function, Function, tuple[Any, ...]]:
        return *make_functions(*to_exact((X, y))), to_exact(at)

    label = f"{name}, {', '.join(map(str, style))}, {form}, N = {n}"
    return Case(regime, label, *make_functions(X, y), at, wrt, make_exact)


def draw_other(rng: np.random.Generator, name: str) -> Case:
    regime, n, d, k = pick(rng, REGIMES[:6]), draw_rows(rng), int(rng.integers(1, 7)), int(rng.integers(2, 6))
    X: Any = draw_inputs(rng, n, d, regime) / (3 if regime == "saturated" else 1)
    y: Any = rng.normal(size=n).round(1)
    at: tuple[Any, ...]
    if name == "embedding":
        X, y, at = rng.integers(0, 5, n), rng.choice([-1, 1], n), (rng.normal(size=(5, d)), rng.normal(size=d))
    elif name == "gaussian":
        at = (rng.normal(size=d), float(rng.normal()), float(rng.normal()))
    elif name == "max pool":
        at = (rng.normal(size=(d, k)), rng.normal(size=k))
    else:
        activation, head = ACTIVATIONS[name.removeprefix("network of ")], pick(rng, list(HEADS))
        y = {"squared": y, "logistic": rng.choice([-1, 1], n), "softmax": rng.integers(0, k, n)}[head]
        k, D_h = k if head == "softmax" else 1, int(rng.integers(1, 5))
        value, slope = int(rng.integers(len(activation.values))), int(rng.integers(len(activation.slopes)))
        network = Network(activation, value, slope, head, pick(rng, [0.0, 0.01]))
        at = (rng.normal(size=(d, D_h)), rng.normal(size=D_h), rng.normal(size=(D_h, k)), rng.normal(size=k))
        name = f"{name}, {head}, {value}, {slope}"

    def make_functions(X: Any, y: Any) -> tuple[Function, Function]:
        return OTHERS[name](X, y) if name in OTHERS else write_network(network, X, y)

    def make_exact() -> tuple[Function, Function, tuple[Any, ...]]:
        return *make_functions(*to_exact((X, y))), to_exact(at)

    return Case(regime, f"{name}, N = {n}", *make_functions(X, y), at, None, make_exact)


def pick(rng: np.random.Generator, options: Any) -> Any:
    return options[rng.integers(len(options))]


def draw_rows(rng: np.random.Generator) -> int:
    return int(rng.integers(2, 9) if rng.random() < 0.7 else rng.integers(9, 31))


def draw_inputs(rng: np.random.Generator, n: int, d: int, regime: Regime) -> Any:
    if regime == "tied":  # small integers, every row twice
        return rng.integers(-2, 3, (n, d)).astype(float)[np.arange(n) // 2]
    if regime == "sparse":
        return rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.3)
    if regime == "one-hot":
        return np.eye(d)[rng.integers(0, d, n)]
    if regime == "standardised":
        X = rng.normal(3, 2, size=(n, d))
        return (X - X.mean(axis=0)) / X.std(axis=0)
    return rng.normal(size=(n, d)) * (30 if regime == "saturated" else 1)


def draw_targets(rng: np.random.Generator, targets: Targets, z: Any, are_tied: bool) -> Any:
    n, k = len(z), z.shape[-1]
    if targets == "real":
        return rng.integers(-2, 3, z.shape).astype(float) if are_tied else rng.normal(size=z.shape)
    if targets == "positive":
        return rng.integers(1, 5, n).astype(float) if are_tied else rng.gamma(2, 1, n)
    if targets == "distribution":
        y = rng.gamma(1, 1, (n, k)) + 0.01
        return y / y.sum(axis=1, keepdims=True)
    if targets == "survival":
        times = rng.integers(1, 6, n).astype(float) if are_tied else rng.exponential(1, n)
        return times, rng.integers(0, 2, n)
    if targets == "pairs":
        return rng.choice([-1, 1], n // 2)
    if targets in ("sign", "bit") and rng.random() < 0.5:
        return rng.choice([-1.0, 1.0] if targets == "sign" else [0.0, 1.0], n)
    if targets == "one-hot":
        return np.eye(k)[rng.integers(0, k, n)]
    integers = {"sign": rng.choice([-1, 1], n), "bit": rng.integers(0, 2, n), "count": rng.poisson(2, n)}
    return integers.get(targets, rng.integers(0, {"class": k, "level": 4}.get(targets, 3), n))


if __name__ == "__main__":
    sys.exit(main())
