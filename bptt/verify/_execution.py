"""Running a user's f and rule: on the floats that were given, to see how they behave, and on balls."""

import contextlib
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls import (
    HARNESS,
    Ball,
    MakeConstant,
    StaleValueError,
    TooManyBranchesError,
    Traced,
    UndecidedComparisonError,
    enclose,
    make_arrays_of_balls,
    make_fixed,
    make_traced_constant,
    sum_masses,
    sweep,
    try_every_branch,
)
from bptt.verify._problem import Arguments, Claims, Floats, Function, Problem

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


class Observed(NamedTuple):
    """What one call of f and one of the rule returned on the floats that were given."""

    value: Any  # of f
    gradient: list[Floats]  # by each leaf; empty for a leaf that is not differentiated
    notes: tuple[str, ...]  # what a caller would not expect, a sentence each
    on_balls: "BallRun"  # both, ready to be run on balls


@contextlib.contextmanager
def keep_settings(arguments: Arguments) -> Iterator[None]:
    """Put NumPy's generator back afterwards, and have JAX, if it is there, in 64 bits where an argument is."""
    before = np.random.get_state()  # noqa: NPY002
    with contextlib.ExitStack() as stack:
        if "jax" in sys.modules and any(leaf.values.dtype == np.float64 for leaf in arguments.leaves):
            stack.enter_context(sys.modules["jax"].enable_x64(True))
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002


def observe(problem: Problem) -> tuple[Problem, Observed]:
    """Call f and the rule on copies of the arguments; the problem has JAX's arrays if they do not take NumPy's.

    Raises what they and `Arguments.match` do.
    """
    try:
        return problem, _observe_as_given(problem)
    except (AttributeError, TypeError) as error:
        if "jax" not in sys.modules:
            raise
        of_jax = replace(problem, arguments=problem.arguments.convert_to_jax())
        try:  # x.at[0].set(1), or x[i] in a loop, wants arrays of JAX's
            return of_jax, _observe_as_given(of_jax)
        except (AttributeError, TypeError):
            raise error from None


def _observe_as_given(problem: Problem) -> Observed:
    arguments = problem.arguments
    with np.errstate(all="ignore"):
        given = arguments.copy()
        value = require_scalar(problem.call_f(*given))
        notes = _note_changes("f", arguments, given)
        given = arguments.copy()
        claims = arguments.match(problem.call_rule(*given))
        notes += _note_changes("gradient", arguments, given)
    notes += _note_other_types(arguments, claims)
    return Observed(value, [_copy_as_floats(leaf) for leaf in claims], tuple(notes), BallRun(problem))


def find_unsteady_leaves(problem: Problem, observed: Observed) -> list[str]:
    """Return the leaves by which a second call of the rule returns something else."""
    arguments = problem.arguments
    with np.errstate(all="ignore"):
        second = arguments.match(problem.call_rule(*arguments.copy()))
    return [
        leaf.path
        for n, leaf in arguments.differentiable
        if not np.array_equal(observed.gradient[n], _copy_as_floats(second[n]), equal_nan=True)
    ]


def jitter(x: npt.NDArray[Any], random: np.random.Generator) -> npt.NDArray[Any]:
    """Return the array with the last two bits of each float drawn at random; one of integers as it is."""
    if x.dtype.kind != "f":
        return x
    bits = f"i{x.dtype.itemsize}"
    moved = np.ascontiguousarray(x).view(bits) ^ random.integers(0, 4, x.shape, np.int8)
    return moved.view(x.dtype).reshape(x.shape)


def call_rule_at(problem: Problem, values: list[npt.NDArray[Any]]) -> list[Claims]:
    """Return the gradient at other values, after f has been called there: a backward pass may use what f kept."""
    problem.call_f(*problem.arguments.place(values))
    return problem.arguments.match(problem.call_rule(*problem.arguments.place(values)))


def run_again(problem: Problem) -> None:
    """Call both once more on floats, so that what they keep between calls is no balls."""
    with np.errstate(all="ignore"), contextlib.suppress(Exception):
        problem.call_f(*problem.arguments.copy())
        problem.call_rule(*problem.arguments.copy())


def _copy_as_floats(claims: Claims) -> Floats:
    """Return a copy: a rule may return the buffer that its next call fills."""
    return claims.astype(claims.dtype if claims.dtype.kind == "f" else np.float64)


def _note_changes(name: str, arguments: Arguments, given: Any) -> list[str]:
    try:
        after = arguments.flatten(given)
    except ValueError:
        return [f"{name} changes the structure of its arguments"]
    changed = [
        leaf.path
        for leaf, now in zip(arguments.leaves, after, strict=True)
        if not np.array_equal(leaf.values, np.asarray(now))
    ]
    return [f"{name} changes its argument {', '.join(changed)}"] if changed else []


def _note_other_types(arguments: Arguments, gradient: list[Claims]) -> list[str]:
    return [
        f"the gradient by {leaf.path} is {gradient[n].dtype}; {leaf.path} is {leaf.values.dtype}"
        for n, leaf in arguments.differentiable
        if hasattr(leaf.given, "dtype") and gradient[n].dtype.kind == "f" and gradient[n].dtype != leaf.values.dtype
    ]


def require_scalar(value: Any) -> Any:
    """Return the value of f as one number. Raises `ValueError` for an array, `TypeError` for what is no real number."""
    if np.shape(value) != ():
        raise ValueError(f"f must return a scalar; got an array of shape {np.shape(value)}")
    scalar = np.asarray(value, dtype=object).item()
    if enclose(scalar) is NotImplemented:
        raise TypeError(f"f must return a real number; got {type(scalar).__name__}")
    return scalar


class BallFunction:
    """A user's function as one that runs on balls: as it stands, or as the jaxpr that JAX traces.

    `before` is what runs before it, if it may use what that keeps.
    """

    def __init__(self, name: str, function: Function, arguments: Arguments, before: Function = lambda *_: None) -> None:
        self._name = name
        self._function = function
        self._arguments = arguments
        self._before = before
        self._jaxpr: Callable[[list[Any], MakeConstant], Any] | None = None
        self._refused: FloatsOnlyError | None = None  # which is final: a slow function is not run in vain again

    @property
    def runs_as_jaxpr(self) -> bool:
        """Whether it has run as a jaxpr."""
        return self._jaxpr is not None

    def run(self, balls: list[Any], make_constant: MakeConstant) -> Any:
        """Return what the function returns for these leaves; `make_constant` makes balls of the numbers in its code.

        Raises what it raises on floats too; `UndecidedComparisonError`; and `NoVerdictError` if it does not run on
        balls.
        """
        if self._jaxpr is not None:
            return self._evaluate_jaxpr(balls, make_constant)
        if self._refused is not None:
            raise self._refused
        try:
            with make_arrays_of_balls(make_constant), np.errstate(all="ignore"):  # what stands beside balls may warn
                return self._function(*self._arguments.rebuild(balls))
        except UndecidedComparisonError:
            raise
        except StaleValueError as error:
            raise NoVerdictError(f"{self._name} {error}{_locate(error)}", final=True) from error
        except _BALL_ERRORS as error:
            with np.errstate(all="ignore"):
                self._before(*self._arguments.copy())
                self._function(*self._arguments.copy())  # an error that floats raise too is the caller's own
            if "jax" in sys.modules and self._trace():
                return self._evaluate_jaxpr(balls, make_constant)
            reason = f"{_locate(error)}: {type(error).__name__}: {error}"
            self._refused = FloatsOnlyError(self._name, reason)
            raise self._refused from error

    def explain_undecided(self, error: UndecidedComparisonError | TooManyBranchesError) -> NoVerdictError:
        """Say what stays open where a comparison does."""
        if isinstance(error, TooManyBranchesError):
            return NoVerdictError(f"{self._name} {error}{_locate(error)}", final=True)
        jump = ": a kink or a jump" if error.exact else ""
        return NoVerdictError(f"{self._name} {error}{_locate(error)}{jump}", final=error.exact)

    def _trace(self) -> bool:
        from bptt.balls._jax_interpreter import trace_to_balls

        try:
            leaves = [leaf.copy() for leaf in self._arguments.leaves]
            self._jaxpr = trace_to_balls(lambda *given: self._function(*self._arguments.rebuild(given)), leaves)
        except _BALL_ERRORS:  # NumPy code, which JAX cannot trace
            return False
        return True

    def _evaluate_jaxpr(self, balls: list[Any], make_constant: MakeConstant) -> Any:
        from bptt.balls._jax_rules import UnknownPrimitiveError

        assert self._jaxpr is not None
        try:
            return self._jaxpr(balls, make_constant)
        except UnknownPrimitiveError as error:
            raise FloatsOnlyError(self._name, f": {error}") from error


class Truth(NamedTuple):
    """f on traced balls, and its gradient by each leaf, flattened; none for a leaf that is not differentiated.

    At a kink an entry of the gradient holds all that lies between the derivatives on its sides.
    """

    value: arb
    gradient: list[list[arb]]
    kinks: list[dict[int, tuple[arb, arb]]]  # by leaf and entry: the least and the greatest slope
    constant: bool  # f returned a number that was computed from no ball
    mass: arb  # of what is merely added up to the value
    losses: Sequence[Sequence[float]] = ()  # what floats may lose in the gradient, if that was asked for


class BallRun:
    """f and the rule of one problem on balls, the rule after f, since a backward pass may use what f kept."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.f = BallFunction("f", problem.call_f, problem.arguments)
        self.rule = BallFunction("gradient", problem.call_rule, problem.arguments, before=problem.call_f)

    def trace_f(self) -> tuple[Any, list[list[Traced]]]:
        """Run f on traced balls: its value, and the balls that its arguments hold by leaf; none for one held fixed."""
        arguments = self.problem.arguments
        make_fixed_leaf: Callable[[Any], Ball] = lambda value: make_traced_constant(Ball(value))  # noqa: E731
        leaves = [leaf.convert_to_balls(Traced, make_fixed_leaf) for leaf in arguments.leaves]
        inputs = [  # listed before the run: f may write into its arguments
            np.ravel(balls).tolist() if leaf.differentiable else []
            for leaf, balls in zip(arguments.leaves, leaves, strict=True)
        ]
        return require_scalar(self.f.run(leaves, make_traced_constant)), inputs

    def differentiate_f(
        self,
        run_after: Callable[[], Any] = lambda: None,
        *,
        exact_only: bool,
        estimate_losses: Callable[..., Sequence[Sequence[float]]] = lambda *_: (),
    ) -> Iterator[tuple[Truth, Any]]:
        """Yield the true gradient in every way that f can go, and what `run_after` returned after each.

        `estimate_losses` is called with the value of f and the inputs, once these have been swept.
        """

        def differentiate() -> Truth:
            value, inputs = self.trace_f()
            try:
                slope = sweep(value, [x for of_leaf in inputs for x in of_leaf])
            except StaleValueError as error:
                raise NoVerdictError(f"f {error}", final=True) from error
            gradient = [[slope(x) for x in of_leaf] for of_leaf in inputs]
            no_kinks: list[dict[int, tuple[arb, arb]]] = [{} for _ in inputs]
            constant = not isinstance(value, Ball)
            losses = estimate_losses(value, inputs)
            return Truth(enclose(value), gradient, no_kinks, constant, sum_masses(value), losses)

        try:
            for truth in try_every_branch(differentiate, (1, -1), exact_only=exact_only):
                yield truth, run_after()
        except (UndecidedComparisonError, TooManyBranchesError) as error:
            raise self.f.explain_undecided(error) from error

    def run_rule(self) -> list[Claims]:
        """Run the rule on balls: the gradient by each leaf."""
        arguments = self.problem.arguments
        return arguments.match(self.rule.run([leaf.convert_to_balls(Ball) for leaf in arguments.leaves], make_fixed))


def _locate(error: Exception) -> str:
    """Say where in the caller's code an error arose."""
    libraries = [sys.modules[name].__file__ for name in ("numpy", "jax") if name in sys.modules]
    inside = (*HARNESS, *(str(Path(file).parent) for file in libraries if file))
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(inside)]
    return f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
