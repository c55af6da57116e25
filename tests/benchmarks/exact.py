"""The code of floats on numbers of 120 digits.

Sums, products and comparisons of arrays of objects are those of their entries, so that mpmath's numbers go through
them as floats do. NumPy's functions that know no such entries, and those that make arrays of floats, are replaced for
the while.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from unittest import mock

import numpy as np
from mpmath.ctx_mp import MPContext  # type: ignore[import-not-found, import-untyped, unused-ignore]

DIGITS = 120
REAL = MPContext()
REAL.dps = DIGITS
_STEP = REAL.mpf(10) ** -40  # over which the rounding of a difference and what is beyond the slope are both small

Function: TypeAlias = Callable[..., Any]


_FUNCTIONS: dict[str, Function] = {
    "exp": REAL.exp,
    "log": REAL.log,
    "log1p": REAL.log1p,
    "expm1": REAL.expm1,
    "sin": REAL.sin,
    "cos": REAL.cos,
    "tanh": REAL.tanh,
    "sinh": REAL.sinh,
    "cosh": REAL.cosh,
    "sqrt": REAL.sqrt,
    "arctan": REAL.atan,
    "logaddexp": lambda a, b: max(a, b) + REAL.log1p(REAL.exp(-abs(a - b))),
}


@dataclass(frozen=True)
class Case:
    """f and its gradient at one point.

    `kind` is the row of the table that it counts in. `make_exact` returns f, gradient and the point with every float
    that is given from outside, be it an argument or held by the functions, as an exact number.
    """

    kind: str
    label: str
    f: Function
    gradient: Function
    at: tuple[Any, ...]
    wrt: str | tuple[str, ...] | None
    make_exact: Callable[[], tuple[Function, Function, tuple[Any, ...]]]

    def gradients(self, exact: bool = False) -> dict[str, list[Any]]:
        """Return the entries of the gradient by each array, in the report's names; f runs first, as in training."""
        f, gradient, at = self.make_exact() if exact else (self.f, self.gradient, self.at)
        f(*at)
        returned = gradient(*at)
        names = self.names
        parts = (returned,) if isinstance(self.wrt, str) or len(names) == 1 else returned
        by_array: dict[str, list[Any]] = {}
        for name, part in zip(names, parts, strict=True):
            for key in part if isinstance(part, dict) else [None]:
                by_array[_name_array(name, key)] = np.asarray(part if key is None else part[key]).reshape(-1).tolist()
        return by_array

    @property
    def names(self) -> list[str]:
        """The arguments that it is differentiated by."""
        if self.wrt is not None:
            return [self.wrt] if isinstance(self.wrt, str) else list(self.wrt)
        return list(inspect.signature(self.f).parameters)[: len(self.at)]


@contextmanager
def use_exact_arrays() -> Iterator[None]:
    """Let NumPy's functions take arrays of exact numbers, and make them where they would make arrays of floats."""
    functions = {name: _extend(getattr(np, name), function) for name, function in _FUNCTIONS.items()}
    makers = {name: _make_exact(getattr(np, name)) for name in ("zeros", "ones")}
    with ExitStack() as stack:
        for name, function in (functions | makers).items():
            stack.enter_context(mock.patch.object(np, name, function))
        yield


def _extend(of_floats: np.ufunc, of_numbers: Function) -> Function:
    of_arrays = np.frompyfunc(of_numbers, of_floats.nin, 1)

    def apply(*operands: Any) -> Any:
        is_exact = any(np.asarray(operand).dtype == object for operand in operands)
        return (of_arrays if is_exact else of_floats)(*operands)

    return apply


def _make_exact(make: Function) -> Function:
    def make_array(shape: Any, dtype: Any = float) -> Any:
        return make(shape, object if np.dtype(dtype).kind == "f" else dtype)

    return make_array


def to_exact(tree: Any) -> Any:
    """Return the same numbers as `REAL.mpf`; integers, and what is no number, as they are."""
    if isinstance(tree, dict):
        return {key: to_exact(value) for key, value in tree.items()}
    if isinstance(tree, tuple):
        return tuple(to_exact(value) for value in tree)
    if isinstance(tree, float | np.floating):
        return REAL.mpf(float(tree))
    if isinstance(tree, np.ndarray) and tree.dtype.kind == "f":
        return np.frompyfunc(REAL.mpf, 1, 1)(tree.astype(np.float64))
    return tree


def true_gradients(case: Case) -> dict[str, list[Any]]:
    """Return the entries of `case.gradient` to 120 digits; those that only rounding keeps from zero are zero.

    What is left of a sum that cancels shrinks with the precision, so that small entries are computed at another, too.
    """
    with use_exact_arrays():
        gradients = case.gradients(exact=True)
        if all(value == 0 or abs(value) > 1e-50 for values in gradients.values() for value in values):
            return gradients
        with REAL.workdps(2 * DIGITS):
            finer = case.gradients(exact=True)
    return {
        path: [b if abs(b) > 1e-50 * abs(a) else REAL.zero for a, b in zip(gradients[path], finer[path], strict=True)]
        for path in gradients
    }


@dataclass(frozen=True)
class Slopes:
    """Of f along one random direction: ahead, behind, and as the gradient has it, with the sizes of its terms."""

    ahead: Any
    behind: Any
    claimed: Any
    size: Any

    @property
    def has_kink(self) -> bool:
        return bool(abs(self.ahead - self.behind) > 1e-25 * (abs(self.ahead) + abs(self.behind)) + 1e-30)

    @property
    def agree(self) -> bool:
        # Constants of the functions are floats: 0.3 and 0.7 do not add to 1.
        return bool(abs((self.ahead + self.behind) / 2 - self.claimed) <= 1e-14 * self.size + 1e-30)


def compute_slopes(case: Case) -> Slopes:
    """Take differences of f over 1e-40 at 120 digits: exact enough to tell a kink, and to check a gradient by."""
    rng, step = np.random.default_rng(0), _STEP
    f, _, at = case.make_exact()
    parameters = list(inspect.signature(case.f).parameters)
    chosen = [parameters.index(name) for name in case.names]
    directions = {n: _draw_like(rng, at[n]) for n in chosen}
    with use_exact_arrays():
        here, ahead, behind = (
            f(*[_move(part, directions[n], t) if n in chosen else part for n, part in enumerate(at)])
            for t in (0, step, -step)
        )
        gradients = [value for values in case.gradients(exact=True).values() for value in values]
    along = [value for n in chosen for value in _flatten(directions[n])]
    products = [a * b for a, b in zip(gradients, along, strict=True)]
    size = sum((abs(product) for product in products), REAL.zero)
    return Slopes((ahead - here) / step, (here - behind) / step, sum(products, REAL.zero), size)


def compute_partial_slopes(case: Case) -> dict[str, list[Any]]:
    """Return ∂f by every entry, as central differences over 1e-40; below 1e-60 they are zero."""
    f, _, at = case.make_exact()
    parameters = list(inspect.signature(case.f).parameters)
    slopes: dict[str, list[Any]] = {}
    for n, name in ((parameters.index(name), name) for name in case.names):
        for key in at[n] if isinstance(at[n], dict) else [None]:

            def evaluate(step: Any, n: int = n, key: str | None = key) -> Any:
                moved = at[n] + step if key is None else {**at[n], key: at[n][key] + step}
                return f(*at[:n], moved, *at[n + 1 :])

            shape = np.shape(at[n] if key is None else at[n][key])
            units = np.eye(int(np.prod(shape))).reshape(-1, *shape) * _STEP
            with use_exact_arrays():
                differences = [(evaluate(unit) - evaluate(-unit)) / (2 * _STEP) for unit in units]
            slopes[_name_array(name, key)] = [d if abs(d) > 1e-60 else REAL.zero for d in differences]
    return slopes


def _name_array(argument: str, key: str | None) -> str:
    return argument if key is None else f"{argument}[{key!r}]"


def _draw_like(rng: np.random.Generator, tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _draw_like(rng, value) for key, value in tree.items()}
    return to_exact(rng.normal(size=np.shape(tree)))


def _move(tree: Any, direction: Any, t: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _move(tree[key], direction[key], t) for key in tree}
    return tree + direction * t


def _flatten(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [value for part in tree.values() for value in _flatten(part)]
    return list(np.asarray(tree, dtype=object).reshape(-1))
