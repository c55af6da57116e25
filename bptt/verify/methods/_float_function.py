"""f on floats, at other points than the one that was given: wherever it is not defined, it is NaN."""

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bptt.verify._execution import Observed, jitter
from bptt.verify._problem import Problem

_LEAST_ROUNDINGS = 8  # of f, by which each of its values may be off
_LENGTH_SAFETY = 2  # by which what a longer type shows is widened: another value of f may be off by more
_ROUNDINGS = 64  # of f, that a shorter type may lose before float64 is taken to compute something else
_JITTERS = 4  # of the arguments, to see what their rounding does to f
_JITTER_SAFETY = 16  # by which that is widened: a few seldom show the most


class FloatFunction:
    """f of the arrays of a problem, in float64 where it can be and is the same, and else in the types given.

    JAX computes in 64 bits then, too, whatever its caller has it do at the point itself, and compiles it.
    """

    def __init__(self, problem: Problem, observed: Observed) -> None:
        self._problem = problem
        self._jax_in_64_bits = False
        self._call_f: Callable[[Sequence[Any]], Any] = self._call_as_it_stands
        if observed.is_of_jax:
            self._compile()
        self.values: list[npt.NDArray[Any]] = [leaf.values for leaf in problem.arguments.leaves]
        self.value = float(observed.value)
        self.eps = float(observed.coarsest.eps)
        if self.eps > np.finfo(np.float64).eps:
            self._take_float64(np.random.default_rng(problem.seed), observed.coarsest)
        self.noise = _LEAST_ROUNDINGS * self.eps * abs(self.value) + _LENGTH_SAFETY * self._measure_loss()

    def _call_as_it_stands(self, values: Sequence[Any]) -> Any:
        return self._problem.call_f(*self._problem.arguments.place(values))

    def _compile(self) -> None:
        """Have JAX compile f if it can trace it: a function that runs step by step takes a hundred times as long."""
        arguments = self._problem.arguments
        is_float = [leaf.values.dtype.kind == "f" for leaf in arguments.leaves]

        def call_traced(floats: Sequence[Any]) -> Any:
            remaining = iter(floats)
            leaves = [
                next(remaining) if by else leaf.given for by, leaf in zip(is_float, arguments.leaves, strict=True)
            ]
            return self._problem.call_f(*arguments.rebuild(leaves))

        compiled = sys.modules["jax"].jit(call_traced)

        def call(values: Sequence[Any]) -> Any:
            return compiled([x for by, x in zip(is_float, values, strict=True) if by])

        with contextlib.suppress(Exception):  # what branches on its floats cannot be traced
            call([leaf.values for leaf in arguments.leaves])
            self._call_f = call

    def _take_float64(self, random: np.random.Generator, coarsest: Any) -> None:
        """Evaluate f in float64 from now on if it takes that, and is the same to what its shorter type may lose."""
        with np.errstate(all="ignore"):
            moved = [self.evaluate([jitter(x, random, coarsest) for x in self.values]) for _ in range(_JITTERS)]
        lost = _ROUNDINGS * self.eps * abs(self.value) + _JITTER_SAFETY * max(abs(x - self.value) for x in moved)
        short = self.values
        self._jax_in_64_bits = "jax" in sys.modules
        self.values = [x.astype(np.float64, copy=False) if x.dtype.kind == "f" else x for x in short]
        with np.errstate(all="ignore"):
            number = self._call(self.values)
        if isinstance(number, float | np.float64) and abs(number - self.value) <= lost:
            self.value, self.eps = float(number), float(np.finfo(np.float64).eps)
        else:
            self.values, self._jax_in_64_bits = short, False

    def _measure_loss(self) -> float:
        """Return by how much f is another in a longer type, if it takes one: as much as has cancelled on its way."""
        with np.errstate(all="ignore"):
            number = self._call([x.astype(np.longdouble) if x.dtype.kind == "f" else x for x in self.values])
        is_known = isinstance(number, float | np.floating) and np.isfinite(number)
        return abs(float(number) - self.value) if is_known else 0.0

    def evaluate(self, values: Sequence[npt.NDArray[Any]]) -> float:
        """Return f at other values; NaN where it is not defined. What it does to them is done to copies."""
        number = self._call([x.copy() if x is own else x for x, own in zip(values, self.values, strict=True)])
        return np.nan if number is None else float(number)

    def _call(self, values: Sequence[npt.NDArray[Any]]) -> Any:
        in_64_bits = sys.modules["jax"].enable_x64(True) if self._jax_in_64_bits else contextlib.nullcontext()
        try:
            with in_64_bits:
                number = self._call_f(values)
                return np.asarray(number)[()] if np.size(number) == 1 else None
        except Exception:  # whatever it raises at a point that nobody chose: it is not defined there
            return None
