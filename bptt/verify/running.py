"""Running a user's f and gradient on balls, which they were not written for."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bptt.verify.balls import StaleValueError, UndecidedComparisonError, enclosure
from bptt.verify.leaves import FlatArguments

Function: TypeAlias = Callable[..., Any]
Claims: TypeAlias = npt.NDArray[Any]  # the gradient by one leaf, computed on balls

# What a function that runs on floats may raise because it was given balls.
_BALL_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class NoVerdictError(Exception):
    """The gradient cannot be judged at this precision or, if `final`, at any; the message says why."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


def on_floats(f: Function, gradient: Function, arguments: FlatArguments) -> tuple[object, list[Claims] | None]:
    """f, and then the gradient by each leaf, on the arguments as they were given; `None` if it is another each time."""
    with np.errstate(all="ignore"):
        value = scalar(f(*arguments.copies()))
        first, second = (arguments.match(gradient(*arguments.copies())) for _ in range(2))
    same = all(np.array_equal(_floats(a), _floats(b), equal_nan=True) for a, b in zip(first, second, strict=True))
    return value, first if same else None


def _floats(claims: Claims) -> npt.NDArray[np.float64]:
    return claims.astype(np.float64)


def run(name: str, function: Function, arguments: FlatArguments, balls: list[Any]) -> Any:
    """What the function returns for balls. Raises what it raises on floats too, and `NoVerdictError` otherwise."""
    try:
        with np.errstate(all="ignore"):  # balls raise no flag, but what is computed beside them may
            return function(*arguments.rebuild(balls))
    except UndecidedComparisonError as error:
        kink = ": a kink or a jump" if error.exact else ""
        raise NoVerdictError(f"{name} {error}{_place(error)}{kink}", final=error.exact) from error
    except StaleValueError as error:
        raise NoVerdictError(f"{name} {error}{_place(error)}", final=True) from error
    except _BALL_ERRORS as error:
        function(*arguments.copies())  # an error that floats raise too is the caller's own
        reason = f"{name} runs on floats but not on balls{_place(error)}: {type(error).__name__}: {error}"
        raise NoVerdictError(reason, final=True) from error


def _place(error: Exception) -> str:
    """Where in the caller's code an error arose."""
    inside = (str(Path(__file__).parent), str(Path(np.__file__).parent))
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
