"""A user's f and rule on balls, from the state that they began with."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from bptt.balls import (
    NUMPY,
    XLA,
    Ball,
    Comparisons,
    Encountered,
    MakeConstant,
    Rounded,
    StaleValueError,
    TooManyOperationsError,
    Traced,
    change_context,
    computes_jax_in_float32,
    convert_to_balls,
    enclose,
    find_stand_ins,
    limit_operations,
    make_constant_by,
    make_fixed,
    make_rounded_constant,
    make_traced_constant,
    store,
    sum_masses,
    sweep,
)
from bptt.verify._ball_function import BallFunction, FloatsOnlyError, NoVerdictError, OfJax
from bptt.verify._problem import Problem
from bptt.verify._returned import Claims, find_type_within, require_scalar
from bptt.verify.closed_over import State, find_state

MOST_OPERATIONS = 1_500_000  # in one run: some seconds, under a gigabyte; more is for who asks for balls


class Truth(NamedTuple):
    """f on traced balls, and its gradient by each leaf, flattened; none for a leaf that is not differentiated.

    At a kink an entry of the gradient holds all that lies between the derivatives on its sides.
    """

    value: arb
    on_floats: Any  # what stands for the value
    gradient: list[list[arb]]
    kinks: list[dict[int, tuple[arb, arb]]]  # by leaf and entry: the least and the greatest slope
    constant: bool  # f returned a number that was computed from no ball
    mass: arb  # of what is merely added up to the value
    losses: Sequence[Sequence[float]] = ()  # what floats may lose in the gradient, if that was asked for


class _Bounds(NamedTuple):
    """The gradient by each leaf on balls that bound its floats."""

    claims: list[Claims]
    exact: list[Claims] | None  # on balls that only say what the formula does; `None` if that was lost
    shortest_bits: int  # of the float types that anything was computed in


class BallRun:
    """f and the rule of one problem on balls. Each run starts from what they kept when `state` was found.

    If they keep values between calls, the rule runs after f, since it may use what f kept. `of_jax` says what JAX
    has to do with f, and what with the rule.
    """

    def __init__(
        self, problem: Problem, state: State, *, keeps_values: bool, of_jax: tuple[OfJax, OfJax] = (OfJax(), OfJax())
    ) -> None:
        self.problem = problem
        self.f = BallFunction("f", problem, lambda problem: problem.call_f, of_jax[0])
        self.rule = BallFunction("gradient", problem, lambda problem: problem.call_rule, of_jax[1])
        self._state = state
        self._keeps_values = keeps_values
        self._bounds: _Bounds | None = None  # once they are known

    @contextlib.contextmanager
    def _start_over(self, make_constant: MakeConstant) -> Iterator[Problem]:
        """Have what the functions close over as balls, and as it was at first; put it back afterwards.

        Yields the problem with the functions that are to be called meanwhile.
        """

        def lift(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return convert_to_balls(value, make_constant)
            return make_constant_by(make_constant, value, _get_dtype(value))

        with self._state.lifted(lift, find_stand_ins()) as functions:
            problem = self.problem
            yield problem if problem.written else replace(problem, f=functions[0], rule=functions[1])

    @property
    def _most_operations(self) -> int | None:
        return None if self.problem.method == "balls" else MOST_OPERATIONS

    @property
    def may_use_jax(self) -> bool:
        """Whether JAX may have computed what the functions return, or a part of it."""
        return any(leaf.is_of_jax for leaf in self.problem.arguments.leaves) or self._state.may_use_jax

    @property
    def lifts_everything(self) -> bool:
        """Whether all floats that the functions are known to close over become balls: none was too many."""
        return not self._state.unlifted and self._state.is_complete

    def trace_f(
        self, steps: Sequence[Sequence[arb]] | None = None, *, elsewhere_first: bool = False
    ) -> tuple[Any, list[list[Traced]]]:
        """Run f on traced balls: its value, and the balls that its arguments hold by leaf; none for one held fixed.

        `steps` are added to the numbers. With `elsewhere_first`, f is called at other numbers before, so that it does
        not return what it kept.
        """
        arguments = self.problem.arguments

        def make_fixed_leaf(value: arb, x: Any) -> Ball:
            return make_traced_constant(Ball(value, x), _get_dtype(x))  # which is exact, whatever constants are

        leaves = [
            leaf.convert_to_balls(Traced, make_fixed_leaf, steps[n] if steps else None)
            for n, leaf in enumerate(arguments.leaves)
        ]
        inputs = [  # listed before the run: f may write into its arguments
            _list_balls(balls) if leaf.differentiable else []
            for leaf, balls in zip(arguments.leaves, leaves, strict=True)
        ]
        with limit_operations(self._most_operations):
            if elsewhere_first:
                self._call_elsewhere()
            value = self.f.run(leaves, make_traced_constant, self._start_over(make_traced_constant))
        try:
            return require_scalar(value), inputs
        except (TypeError, ValueError) as error:  # what it returned on floats was a number
            raise FloatsOnlyError("f", f": {error}") from error

    def _call_elsewhere(self) -> None:
        """Start from now on from what f keeps once it was called at other numbers."""
        arguments = self.problem.arguments
        values = [leaf.values * 1.5 + 1 if leaf.differentiable else leaf.values for leaf in arguments.leaves]
        self._state.restore()
        with contextlib.suppress(Exception), np.errstate(all="ignore"):  # where it may not be defined
            self.problem.call_f(*arguments.place(values))
        self._state = find_state(*self.problem.functions)

    def differentiate_f(
        self,
        comparisons: Comparisons,
        steps: Sequence[Sequence[arb]] | None = None,
        estimate_losses: Callable[..., Sequence[Sequence[float]]] = lambda *_: (),
    ) -> Truth:
        """Return f and its true gradient, the numbers moved by `steps` if these are given.

        `estimate_losses` is called with the value of f and the inputs, once these have been swept.
        """
        with change_context(comparisons=comparisons):
            value, inputs = self.trace_f(steps)
            if not _depends(value):  # it may have been called at this very point before, and return what it kept
                value, inputs = self.trace_f(steps, elsewhere_first=True)
                self._keeps_values |= _depends(value)
        try:
            slope = sweep(value, [x for of_leaf in inputs for x in of_leaf])
        except StaleValueError as error:
            raise NoVerdictError(f"f {error}", final=True) from error
        gradient = [[slope(x) for x in of_leaf] for of_leaf in inputs]
        no_kinks: list[dict[int, tuple[arb, arb]]] = [{} for _ in inputs]
        losses = estimate_losses(value, inputs)
        on_floats = value.as_float if isinstance(value, Ball) else value
        return Truth(enclose(value), on_floats, gradient, no_kinks, not _depends(value), sum_masses(value), losses)

    def run_rule_once(self) -> tuple[list[Claims], Comparisons]:
        """Return the gradient by each leaf on balls and how its comparisons went, and find its bounds if one run can.

        The exact values stand beside the bounds then. Where they were lost on the way, as by a function that only one
        of the two has, the rule runs once more.
        """
        if self._bounds is None and not self.may_use_jax:
            comparisons = Comparisons()
            try:
                bounds = self._bound_floats(comparisons)
            except NoVerdictError as error:
                if isinstance(error.__cause__, TooManyOperationsError):  # it would take as many again
                    raise
            else:
                self._bounds = None if self.rule.runs_as_jaxpr else bounds
                if self._bounds is not None and bounds.exact is not None:
                    return bounds.exact, comparisons
        comparisons = Comparisons()
        return self.run_rule(comparisons), comparisons

    def run_rule(self, comparisons: Comparisons) -> list[Claims]:
        """Run the rule on balls: the gradient by each leaf."""
        with change_context(comparisons=comparisons):
            claims = self._run_rule(Ball, make_fixed)
        if self.may_use_jax and computes_jax_in_float32():
            for n, leaf in self.problem.arguments.differentiable:
                if claims[n].dtype.kind == "f" and np.dtype(find_type_within(claims[n])) < leaf.values.dtype:
                    raise FloatsOnlyError("gradient", ": it returns floats of float32 that it has made of no ball")
        return claims

    def run_rule_rounded(self) -> tuple[list[Claims], int]:
        """Run the rule on balls that hold whatever floats may return, if it was not before.

        Returns the gradient by each leaf, and the bits of the shortest float type that anything was computed in.
        """
        if self._bounds is None:
            self._bounds = self._bound_floats(Comparisons())
        return self._bounds.claims, self._bounds.shortest_bits

    def _bound_floats(self, comparisons: Comparisons) -> _Bounds:
        figures = XLA if self.rule.runs_as_jaxpr else NUMPY
        constant = partial(make_rounded_constant, figures=figures)
        encountered = Encountered()
        with change_context(comparisons=comparisons, encountered=encountered):
            claims = self._run_rule(lambda value, x: store(value, x, figures), constant, as_on_floats=True)
            claims = [_convert_bounds(claim, _settle) for claim in claims]  # here: what is computed later is lost later
        exact = None if encountered.lost_value else [_convert_bounds(claim, _take_exact_value) for claim in claims]
        return _Bounds(claims, exact, encountered.shortest_bits)

    def find_shortest_type_of_f(self) -> int:
        """Return the bits of the shortest float type that f computes anything in, or from."""
        figures = XLA if self.f.runs_as_jaxpr else NUMPY
        constant = partial(make_rounded_constant, figures=figures)
        leaves = [
            leaf.convert_to_balls(lambda value, x: store(value, x, figures)) for leaf in self.problem.arguments.leaves
        ]
        encountered = Encountered()
        with change_context(comparisons=Comparisons(), encountered=encountered):
            self.f.run(leaves, constant, self._start_over(constant), as_on_floats=True)
        return min(encountered.shortest_bits, encountered.shortest_data_bits)

    def _run_rule(
        self, make: Callable[[arb, Any], Ball], make_constant: MakeConstant, *, as_on_floats: bool = False
    ) -> list[Claims]:
        arguments = self.problem.arguments

        def convert() -> list[Any]:
            return [leaf.convert_to_balls(make) for leaf in arguments.leaves]

        @contextlib.contextmanager
        def start_over() -> Iterator[Problem]:
            with self._start_over(make_constant) as problem:
                if self._keeps_values:
                    self.f.run(convert(), make_constant, contextlib.nullcontext(problem), as_on_floats=as_on_floats)
                yield problem

        with change_context(most_operations=self._most_operations):
            gradient = self.rule.run(convert(), make_constant, start_over(), as_on_floats=as_on_floats)
        try:
            return arguments.match(gradient)
        except (TypeError, ValueError) as error:  # what it returned on floats was a gradient
            raise FloatsOnlyError("gradient", f": {error}") from error


def _list_balls(balls: Any) -> list[Any]:
    return [balls] if isinstance(balls, Ball) else balls.view(np.ndarray).reshape(-1).tolist()


def _convert_bounds(claims: Claims, convert: Callable[[Rounded], Ball]) -> Claims:
    """Return a gradient with other balls in the place of those that bound floats."""
    if claims.dtype != object:
        return claims
    made = np.empty(claims.size, dtype=object)
    made[:] = [convert(x) if isinstance(x, Rounded) else x for x in claims.reshape(-1).tolist()]
    return made.reshape(claims.shape)


def _settle(ball: Rounded) -> Ball:
    return ball.settle()


def _take_exact_value(ball: Rounded) -> Ball:
    assert ball.exact is not None  # else the run would have noted that it was lost
    return Ball(ball.exact, ball.as_float)


def start_on_balls(problem: Problem) -> BallRun:
    """Return both functions, ready to be run on balls, without looking at what they do on floats.

    The rule runs after f, since what they keep between calls is not known.
    """
    return BallRun(problem, find_state(*problem.functions), keeps_values=True)


def _depends(value: Any) -> bool:
    """Whether it was computed from an argument."""
    return isinstance(value, Traced) and value.created >= 0


def _get_dtype(number: Any) -> Any:
    return number.dtype if isinstance(number, np.inexact) else None
