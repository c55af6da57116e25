"""Right and slipped gradients where functions run on floats alone: `python -m tests.benchmarks.floats`.

The random programs of `programs`, in the floats of NumPy or of JAX (`--jax`: f in JAX, its gradient by `jax.grad`, both
under the flag of 64 bits that `--x64` sets). By default the gradient refuses balls and f takes them; with `--both`
neither is run on them (`method="floats"`). Each gradient is judged as it is, and with a leaf or an entry of it off by
1e-6 to 100 %. The true one is known to 120 digits: a leaf that is right may be off, in units of its largest entry, by
no more than the digits say that the report gives. The exit status is 1 if one is, or if a right gradient is called
wrong.
"""

import contextlib
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bptt.verify import judge_gradient
from tests.benchmarks.exact import Case, to_exact, true_gradients
from tests.benchmarks.programs import draw
from tests.benchmarks.trials import Counts, count_to, make_parser, print_table

FACTORS = [1 + 1e-6, 1 + 1e-4, 1.01, 2.0, -1.0]  # by which one entry, or all of a leaf, is off


def main() -> int:
    parser = make_parser(__doc__, 1000)
    parser.add_argument("--both", action="store_true", help="f runs on floats alone, too")
    parser.add_argument("--jax", action="store_true", help="in JAX")
    parser.add_argument("--x64", action="store_true", help="in JAX with 64 bits")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    counts = Counts()
    with jax.enable_x64(options.x64):
        for index in count_to(options.n):
            case = draw(options.seed, index)
            if options.jax:
                case = shorten_constants(case)
            f, gradient = write_in_jax(case) if options.jax else (case.f, case.gradient)
            with contextlib.suppress(TypeError):  # JAX takes no gradient by an integer, no list as an array, ...
                compare(counts, case, f, gradient, method="floats" if options.both else "auto", seed=index)
    columns = ("right", "undecided", "wrong", "said too much")
    rows = counts.with_total()
    print_table(
        ("gradient", "cases", *columns),
        [(name, row["cases"], *(row[column] for column in columns)) for name, row in rows.items()],
    )
    return int(any(row["said too much"] or (name == "right" and row["wrong"]) for name, row in rows.items()))


def shorten_constants(case: Case) -> Case:
    """Return the case with constants that every float type holds: JAX rounds those of the code to the arrays' type."""
    f, gradient = (_shorten_constants(function) for function in (case.f, case.gradient))
    return replace(case, f=f, gradient=gradient, make_exact=lambda: (f, gradient, to_exact(case.at)))


def _shorten_constants(function: Any) -> FunctionType:
    code = function.__code__
    constants = tuple(float(np.float16(c)) if isinstance(c, float) else c for c in code.co_consts)
    return FunctionType(code.replace(co_consts=constants), function.__globals__)


def write_in_jax(case: Case) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return f with JAX's functions for NumPy's, and its gradient as JAX has it."""
    space = {**case.f.__globals__, "np": jnp}
    f = FunctionType(case.f.__code__, space)
    names = range(len(case.at))
    differentiate = jax.jit(jax.grad(f, tuple(names) if len(case.at) > 1 else 0))
    return jax.jit(f), differentiate


def compare(counts: Counts, case: Case, f: Any, gradient: Any, *, method: Any, seed: int) -> None:
    """Judge the right gradient, and one that is off."""
    true = true_gradients(case)
    rng = np.random.default_rng(seed)
    factor = FACTORS[int(rng.integers(len(FACTORS)))]
    leaf, entry = int(rng.integers(len(case.at))), rng.random() if rng.random() < 0.5 else None
    for kind, slip in (("right", None), (f"times {factor}", (leaf, entry, factor))):
        given = refuse_balls(gradient, slip)
        report = judge_gradient(f, given, case.at, method=method, seed=0)
        counts.add(kind, "cases")
        counts.add(kind, str(report.verdict))
        floats = given(*case.at)
        for found, part in zip(report.formula.leaves, floats if len(case.at) > 1 else (floats,), strict=True):
            exact = np.array([float(x) for x in true[found.path]])
            error = float(np.max(np.abs(np.ravel(part).astype(float) - exact)))
            if found.verdict == "right" and error > np.max(np.abs(exact)) * 10.0 ** -(found.digits or 0):
                counts.add(kind, "said too much")
                print(
                    f"{case.label}: {found.path} is off by {error:.2g} of {np.max(np.abs(exact)):.2g}: {found}",
                    file=sys.stderr,
                )
        if slip is None and report.verdict == "wrong":
            print(f"{case.label}: {report.reason}", file=sys.stderr)


def refuse_balls(gradient: Any, slip: tuple[int, float | None, float] | None) -> Callable[..., Any]:
    """Return the gradient, of floats only, with a leaf or an entry of it off."""

    def of_floats(*at: Any) -> Any:
        for x in at:
            np.asarray(x, dtype=np.float64).sum().item().hex()
        returned = gradient(*at)
        parts = list(returned) if len(at) > 1 else [returned]
        if slip is not None:
            n, place, factor = slip
            part = np.array(parts[n])
            where = ... if place is None else np.unravel_index(int(place * part.size), part.shape)
            part[where] = part[where] * factor
            parts[n] = part
        return tuple(parts) if len(at) > 1 else parts[0]

    return of_floats


if __name__ == "__main__":
    sys.exit(main())
