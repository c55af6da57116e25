"""Running a user's f and gradient on balls, which they were not written for."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bptt.balls._array import Constant
from bptt.balls._ball import StaleValueError, enclosure
from bptt.balls._branches import TooManyWaysError, UndecidedComparisonError
from bptt.balls._numpy_constructors import holding
from bptt.balls._source import _HARNESS
from bptt.verify._problem import FlatArguments

Function: TypeAlias = Callable[..., Any]
Claims: TypeAlias = npt.NDArray[Any]  # the gradient by one leaf, computed on balls

# What a function that runs on floats may raise because it was given balls.
_BALL_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class NoVerdictError(Exception):
    """The gradient cannot be judged at this precision or, if `final`, at any; the message says why."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class FloatsOnlyError(NoVerdictError):
    """The function of that name runs on floats and on nothing else."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} runs on floats but not on balls{reason}", final=True)
        self.name = name


def undecided(name: str, error: UndecidedComparisonError | TooManyWaysError) -> NoVerdictError:
    """What to say where a comparison stays open."""
    if isinstance(error, TooManyWaysError):
        return NoVerdictError(f"{name} {error}{_place(error)}", final=True)
    jump = ": a kink or a jump" if error.exact else ""
    return NoVerdictError(f"{name} {error}{_place(error)}{jump}", final=error.exact)


class Subject:
    """A user's function as one that runs on balls: as it stands, or as the jaxpr that JAX traces.

    `before` is what runs before it, if it may use what that keeps.
    """

    def __init__(
        self, name: str, function: Function, arguments: FlatArguments, before: Function = lambda *_: None
    ) -> None:
        self.name = name
        self._function = function
        self._arguments = arguments
        self._before = before
        self._jaxpr: Callable[[list[Any], Constant], Any] | None = None

    @property
    def by_jax(self) -> bool:
        """Whether it has run as a jaxpr."""
        return self._jaxpr is not None

    def run(self, balls: list[Any], constant: Constant) -> Any:
        """What the function returns for these leaves. `constant` makes balls of the numbers that stand in its code.

        Raises what it raises on floats too; `UndecidedComparisonError`; and `NoVerdictError` if it does not run on
        balls.
        """
        if self._jaxpr is not None:
            return self._traced(balls, constant)
        try:
            with holding(constant), np.errstate(all="ignore"):  # balls raise no flag, but what stands beside them may
                return self._function(*self._arguments.rebuild(balls))
        except UndecidedComparisonError:
            raise
        except StaleValueError as error:
            raise NoVerdictError(f"{self.name} {error}{_place(error)}", final=True) from error
        except _BALL_ERRORS as error:
            with np.errstate(all="ignore"):
                self._before(*self._arguments.copies())
                self._function(*self._arguments.copies())  # an error that floats raise too is the caller's own
            if "jax" in sys.modules and self._trace():
                return self._traced(balls, constant)
            reason = f"{_place(error)}: {type(error).__name__}: {error}"
            raise FloatsOnlyError(self.name, reason) from error

    def _trace(self) -> bool:
        from bptt.balls import _jax_interpreter as jaxprs

        try:
            leaves = [leaf.copy() for leaf in self._arguments.leaves]
            self._jaxpr = jaxprs.traced(lambda *given: self._function(*self._arguments.rebuild(given)), leaves)
        except _BALL_ERRORS:  # NumPy code, which JAX cannot trace
            return False
        return True

    def _traced(self, balls: list[Any], constant: Constant) -> Any:
        from bptt.balls._jax_rules import UnknownPrimitiveError

        assert self._jaxpr is not None
        try:
            return self._jaxpr(balls, constant)
        except UnknownPrimitiveError as error:
            raise FloatsOnlyError(self.name, f": {error}") from error


def _place(error: Exception) -> str:
    """Where in the caller's code an error arose."""
    libraries = [sys.modules[name].__file__ for name in ("numpy", "jax") if name in sys.modules]
    inside = (*_HARNESS, *(str(Path(file).parent) for file in libraries if file))
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(inside)]
    return f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""


def scalar(value: Any) -> Any:
    """The value of f as a single number. Raises `ValueError` for an array, `TypeError` for what is no real number."""
    if np.shape(value) != ():
        raise ValueError(f"f must return a scalar; got an array of shape {np.shape(value)}")
    scalar = np.asarray(value, dtype=object).item()
    if enclosure(scalar) is NotImplemented:
        raise TypeError(f"f must return a real number; got {type(scalar).__name__}")
    return scalar
