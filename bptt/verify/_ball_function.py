"""A user's function on balls: as it stands, or as the jaxpr that JAX traces."""

import contextlib
import itertools
import sys
import traceback
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bptt.balls import (
    CURRENT,
    HARNESS,
    Encountered,
    MakeConstant,
    RefusedFloatError,
    StaleValueError,
    TooManyComparisonsError,
    TooManyOperationsError,
    UndecidedComparisonError,
    UndecidedSpectrumError,
    change_context,
    make_arrays_of_balls,
)
from bptt.verify._problem import Arguments, Function, Problem
from bptt.verify._pytrees import holds_arrays_of_jax
from bptt.verify._tracing import trace_aside

if TYPE_CHECKING:
    from bptt.balls.jax._traced_function import TracedFunction

_HALF_OF_FLOAT32 = 2.0**-12
_COMPILED = (".pyx", ".pxd")  # of libraries, under no directory
_LONGEST = 300  # characters of a message that is quoted


class NoVerdictError(Exception):
    """The gradient cannot be judged at this precision or, if `final`, at any; the message says why.

    If `too_wide`, because the balls are, where floats may show it all the same.
    """

    def __init__(self, reason: str, *, final: bool, too_wide: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.too_wide = too_wide


class FloatsOnlyError(NoVerdictError):
    """The function of that name runs on floats and on nothing else."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} runs on floats but not on balls{reason}", final=True)
        self.name = name


class OfJax(NamedTuple):
    """What JAX had to do with the floats of a function."""

    returned: bool = True  # it returned its arrays: the author knows of JAX, which traces much of NumPy's code, too
    traced: bool = False  # JAX has traced it, and compiled what it computes


class BallFunction:
    """A user's function as one that runs on balls: as it stands, or as the jaxpr that JAX traces."""

    def __init__(self, name: str, problem: Problem, get: Callable[[Problem], Function], of_jax: "OfJax") -> None:
        self._name = name
        self._is_of_jax = of_jax.returned
        self._is_traced_first = of_jax.traced
        self._get = get
        self._problem = problem
        self._arguments = problem.arguments
        self._has_double = any(leaf.values.dtype == np.float64 for leaf in problem.arguments.leaves)
        self._jaxprs: list[_Jaxpr] = []  # the formula, and what took place on floats

    @property
    def runs_as_jaxpr(self) -> bool:
        """Whether it has run as a jaxpr."""
        return bool(self._jaxprs)

    def run(
        self,
        balls: list[Any],
        make_constant: MakeConstant,
        lifted: contextlib.AbstractContextManager[Problem],
        *,
        as_on_floats: bool = False,
    ) -> Any:
        """Return what the function returns for these leaves; `make_constant` makes balls of the numbers in its code.

        `lifted` is entered while its code runs on balls, not while JAX traces it, and gives the problem to run. A
        jaxpr is that of 64 bits if an argument is float64, or, `as_on_floats`, of as many as the caller has JAX use.
        Raises `NoVerdictError` if it does not run on balls, takes too long on them, or uses values that were kept from
        another run.
        """
        if self._jaxprs or (self._is_traced_first and self._trace()):
            return self._evaluate(self._jaxprs[as_on_floats], balls, make_constant)
        encountered = CURRENT.context.encountered or Encountered()
        encountered.refused_float = False
        try:
            with (
                change_context(encountered=encountered),
                lifted as problem,
                make_arrays_of_balls(make_constant),
                np.errstate(all="ignore"),  # what is not taken may warn
            ):
                result = self._get(problem)(*self._arguments.rebuild(balls))
        except (NoVerdictError, TooManyComparisonsError):
            raise
        except TooManyOperationsError as error:
            raise FloatsOnlyError(self._name, f": it {error} (method='balls' takes them)") from error
        except StaleValueError as error:
            raise NoVerdictError(f"{self._name} {error}{_locate(error)}", final=True) from error
        except UndecidedSpectrumError as error:
            raise NoVerdictError(f"{self._name} {error}{_locate(error)}", final=False) from error
        except Exception as error:  # what a caller's code raises for anything but its own floats is its own affair
            refusal = FloatsOnlyError(self._name, f"{_locate(error)}: {describe_error(error)}")
            if "jax" not in sys.modules or not self._trace():
                raise refusal from error
            try:
                return self._evaluate(self._jaxprs[as_on_floats], balls, make_constant)
            except FloatsOnlyError as refusal_of_jax:
                raise (refusal_of_jax if self._is_of_jax else refusal) from error
        if self._is_of_jax and holds_arrays_of_jax(result) and self._trace():  # which has looked at no ball
            return self._evaluate(self._jaxprs[as_on_floats], balls, make_constant)
        if encountered.refused_float:
            raise FloatsOnlyError(self._name, ": it asks for a float, and goes on without one")
        return result

    def _trace(self) -> bool:
        """Trace the function as the caller has JAX compute, and in 64 bits, too, if it can be; False if JAX cannot."""
        jax = sys.modules["jax"]
        has_64_bits = bool(jax.config.jax_enable_x64) or not self._is_of_jax  # what is none of JAX's has NumPy's floats
        try:
            on_floats = self._trace_in(has_64_bits)
        except Exception:  # NumPy code, which JAX cannot trace
            self._is_traced_first = False
            return False
        self._jaxprs = [on_floats, on_floats]
        if self._has_double and not has_64_bits:
            with contextlib.suppress(Exception):  # what holds float32 by type may not go with 64 bits
                formula = self._trace_in(has_64_bits=True)
                if formula.is_same_in_64_bits(on_floats, self._arguments):
                    self._jaxprs[0] = formula
        return True

    def _trace_in(self, has_64_bits: bool) -> "_Jaxpr":
        is_float = [leaf.values.dtype.kind == "f" for leaf in self._arguments.leaves]
        with sys.modules["jax"].enable_x64(has_64_bits):
            traced = trace_aside(self._problem, self._get, self._arguments.make_leaves(), is_float)
        return _Jaxpr(traced, has_64_bits)

    def _evaluate(self, jaxpr: "_Jaxpr", balls: list[Any], make_constant: MakeConstant) -> Any:
        from bptt.balls.jax._positions import UnknownPrimitiveError

        try:
            with sys.modules["jax"].enable_x64(jaxpr.has_64_bits), np.errstate(all="ignore"):
                return jaxpr.traced(balls, make_constant)
        except UnknownPrimitiveError as error:
            raise FloatsOnlyError(self._name, f": {error}") from error
        except TooManyOperationsError as error:
            raise FloatsOnlyError(self._name, f": it {error} (method='balls' takes them)") from error
        except UndecidedSpectrumError as error:  # slopes of floats say little there, too
            raise NoVerdictError(f"{self._name} {error}", final=False) from error
        except UndecidedComparisonError as error:
            raise NoVerdictError(f"{self._name} {error}", final=False, too_wide=True) from error


class _Jaxpr(NamedTuple):
    """A function as JAX traces it."""

    traced: "TracedFunction"
    has_64_bits: bool

    def is_same_in_64_bits(self, other: "_Jaxpr", arguments: Arguments) -> bool:
        """Whether it does what the other one does in 32 bits, by its equations or by what it returns on floats."""
        if self.traced.is_same_in_short_types(other.traced):
            return True
        return _are_close(self._compute(arguments), other._compute(arguments))

    def _compute(self, arguments: Arguments) -> list[Any]:
        """Return the arrays that it returns on floats."""
        jax = sys.modules["jax"]
        with jax.enable_x64(self.has_64_bits):
            return [np.asarray(x) for x in jax.tree.leaves(self.traced.compute(arguments.make_leaves()))]


def _are_close(some: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether arrays are the same to half the digits of float32: random bits, say, are others in 64 bits."""
    with np.errstate(all="ignore"):
        return all(
            x.shape == y.shape and bool((np.abs(x - y) <= _HALF_OF_FLOAT32 * np.max(np.abs(y), initial=0)).all())
            for x, y in zip(some, others, strict=True)
        )


def _locate(error: Exception) -> str:
    """Say where in the caller's code an error arose, and in which function of SciPy's that this called."""
    libraries = [sys.modules[name].__file__ for name in ("numpy", "jax", "scipy") if name in sys.modules]
    inside = (*HARNESS, *(str(Path(file).parent) for file in libraries if file))
    frames = list(traceback.walk_tb(error.__traceback__))
    files = [frame.f_code.co_filename for frame, _ in frames]
    own = [n for n, file in enumerate(files) if not file.startswith(inside) and not file.endswith(_COMPILED)]
    if not own:
        return ""
    frame, line = frames[own[-1]]
    called = [_name_function(other) for other, _ in frames[own[-1] + 1 :]]
    refused = f": scipy.{name} takes no balls" if (name := next(filter(None, called), "")) else ""
    return f" at {Path(frame.f_code.co_filename).name}:{line}{refused}"


def _name_function(frame: types.FrameType) -> str:
    """Return the public name of a function of SciPy's by its frame, `signal.hilbert`; "" if it is none."""
    package, *modules = frame.f_globals.get("__name__", "").split(".")
    name = frame.f_code.co_qualname
    if package != "scipy" or "<" in name:  # what decorators put around it
        return ""
    public = itertools.takewhile(lambda module: not module.startswith("_"), modules)
    return ".".join([*public, name.replace("_gen.", ".")])


def describe_error(error: Exception) -> str:
    """Return the class of an error and its message in a line, cut if it is long, and left out if it has none.

    NumPy raises another one where a ball has refused to become a float; what the ball says is more to the point.
    """
    if isinstance(error.__cause__, RefusedFloatError):
        error = error.__cause__
    try:
        message = " ".join(str(error).split())
    except Exception:  # of a class of the caller's
        message = ""
    shown = message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__
