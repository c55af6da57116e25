"""The questions a user asks: what is this gradient worth, and, in a test, is it right? Vjps, jvps: `_linear_maps`."""

import contextlib
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Never, TypedDict, Unpack, overload

import numpy as np

from bptt.verify._judgement import judge_problem
from bptt.verify._problem import Arguments, Function, Method, Problem
from bptt.verify._progress import show_progress
from bptt.verify._report import Report, Verdict
from bptt.verify.closed_over import find_state
from bptt.verify.methods import FORMULA_METHODS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from bptt.verify._sampled_report import SampledReport

EXAMPLES = 200  # points of a strategy: rules of sizes from fewer are often false


class GradientMismatch(AssertionError):  # noqa: N818  (a finding about the gradient, as AssertionError is)
    """The gradient is wrong; the message says by which arrays, in which entry, and what kind of mistake it is."""

    __module__ = "bptt.verify"  # from where it is imported, in a traceback


class GradientUndecided(Exception):  # noqa: N818
    """The gradient could not be judged; the message is the report, which says why."""

    __module__ = "bptt.verify"


class GradientWarning(UserWarning):
    """The gradient is right, but f or it behaves as a caller would not expect: it changes its arguments, say."""

    __module__ = "bptt.verify"


class Options(TypedDict, total=False):
    """What may be said of a question by name; `judge_gradient` says what each means."""

    wrt: str | Sequence[str] | None
    method: Method
    seed: int | None
    examples: int


@dataclass(frozen=True)
class Question:
    """Is `rule` the gradient of f? What a user asks, at whatever point; of a vjp or a jvp, in `_linear_maps`."""

    f: Function
    rule: Function
    wrt: str | Sequence[str] | None
    method: Method
    seed: int

    asked: ClassVar[str] = "gradient"  # what the rule is said to be
    is_gradient: ClassVar[bool] = True  # whether the problem that is posed asks for one, and can be diagnosed

    def __post_init__(self) -> None:
        for name, function in (("f", self.f), (self.asked, self.rule)):
            if not callable(function):
                raise TypeError(f"{name} must be a function of the arguments; got {type(function).__name__}")

    def pose(self, at: tuple[Any, ...]) -> Problem:
        """Return the problem at one point, as it is diagnosed."""
        return Problem(self.f, self.rule, Arguments(self.f, at, self.wrt), self.method, self.seed)

    def judge(self, at: tuple[Any, ...]) -> Report:
        """Return the verdict at one point."""
        return judge_problem(self.pose(at))

    def explain(self, report: Report, at: tuple[Any, ...]) -> str:
        """Return what to say of a rule that the report finds wrong at that point."""
        from bptt.verify._message import explain

        return explain(self.pose(at), report, self.write_snippet(at))

    def write_snippet(self, at: tuple[Any, ...]) -> list[str]:
        """Return lines of Python that ask the same at that point; none where it has too many numbers."""
        from bptt.verify._reproduction import write_snippet

        return write_snippet(f"check_{self.asked}", self, at)


@overload
def check_gradient(f: Function, gradient: Function, at: tuple[Any, ...], **options: Unpack[Options]) -> Report: ...
@overload
def check_gradient(
    f: Function, gradient: Function, at: "SearchStrategy[Any]", **options: Unpack[Options]
) -> "SampledReport": ...
def check_gradient(
    f: Function,
    gradient: Function,
    at: Any,
    *,
    wrt: str | Sequence[str] | None = None,
    method: Method = "auto",
    seed: int | None = None,
    examples: int = EXAMPLES,
    **not_offered: Never,
) -> Any:
    """Return the report of `judge_gradient` if it is right; raise `GradientMismatch` or `GradientUndecided` if not.

    Issues a `GradientWarning` if it is right but the report has a note. The arguments and the other errors are those of
    `judge_gradient`.
    """
    __tracebackhide__ = True  # pytest: the failure is the caller's line
    *of_question, examples = read_options(wrt=wrt, method=method, seed=seed, examples=examples, **not_offered)
    return check(Question(f, gradient, *of_question), at, examples)


@overload
def judge_gradient(f: Function, gradient: Function, at: tuple[Any, ...], **options: Unpack[Options]) -> Report: ...
@overload
def judge_gradient(
    f: Function, gradient: Function, at: "SearchStrategy[Any]", **options: Unpack[Options]
) -> "SampledReport": ...
def judge_gradient(
    f: Function,
    gradient: Function,
    at: Any,
    *,
    wrt: str | Sequence[str] | None = None,
    method: Method = "auto",
    seed: int | None = None,
    examples: int = EXAMPLES,
    **not_offered: Never,
) -> Any:
    """Judge a hand-written gradient at one point, or at points of random sizes, with no tolerance.

    `f(*at)` is a scalar, and `gradient(*at)` a tuple with the gradient by each argument, of the same structure; for a
    single argument, the gradient by it. An argument is an array, a number, or a tuple, list, dict or NamedTuple of
    them, nested at will; `None` counts as an empty tuple. Integer and boolean arrays are passed on and not
    differentiated. Both may be NumPy or JAX functions.

    `at` is the tuple of arguments, or a Hypothesis strategy: `named_arrays(U="h m", xs="t m")`, whose arrays are passed
    by name, or one for a tuple of positional arguments, a NamedTuple among them, or for the one argument that f takes.
    About `examples` points are drawn from a strategy, and the same seed draws the same. The result is a `Report` at a
    point, and a `SampledReport` over a strategy: with the smallest sizes at which it is wrong, the rule by which sizes
    decide, and what the points could not have shown. What f or the gradient raises at some points of a strategy is no
    wrong gradient, and kept apart; it is raised if there is nothing else.

    `wrt` names arguments or arrays in them, `"params"` or `"params['W']"`; the others are held fixed. For one name,
    `gradient` returns the gradient by that; for a sequence of names, a tuple.

    `method` chooses how it is judged: `"auto"`, by the strongest method that the two functions take, which the report
    names; `"balls"`, by ball arithmetic, and undecided where one of them does not run on balls; `"floats"`, by slopes
    of f along random directions through each array, which is quick for many parameters and proves nothing.

    There is no tolerance (`rtol`, `atol`, `eps`): what rounding may do is computed. Second derivatives and complex
    arguments are not offered; check the gradient as a function of its own, and real and imaginary parts.

    NumPy's global random generator is seeded before every call (with 0 if `seed` is None) and then put back, so that
    noise drawn from it is the same for f and gradient; the directions and jitters on floats are drawn from `seed` too.
    At a point that is given both run under their caller's settings: NumPy's and Python's of warnings, JAX's of 64 bits.

    Raises `TypeError` for what is no function, an `at` that is no tuple, arguments that are no real numbers and an
    option that is not offered; `ValueError` for NaN, infinity or nothing to differentiate, a name in `wrt` that is
    none, another `method`, `seed` or `examples` than there is, an f that is no scalar and a gradient of another
    structure; and whatever f and gradient raise on floats too.
    """
    *of_question, examples = read_options(wrt=wrt, method=method, seed=seed, examples=examples, **not_offered)
    return answer(Question(f, gradient, *of_question), at, examples)


def answer(question: Question, at: Any, examples: int, count: Callable[[], None] | None = None) -> Any:
    """Return the report at a point or, for a strategy, over points drawn from it.

    `count` is called after each; if there is none, they are counted on the terminal, if there is one.
    """
    state = find_state(question.f, question.rule)
    try:
        if is_strategy(at):
            from bptt.verify._random_sizes import judge_over

            with contextlib.nullcontext(count) if count else show_progress(examples) as count_point:
                return judge_over(question, at, examples, count_point)
        return question.judge(at)
    finally:
        state.restore()


def check(question: Question, at: Any, examples: int) -> Any:
    """Return the report if it is right, with a warning for each of its notes; raise if it is not."""
    __tracebackhide__ = True
    report = answer(question, at, examples)
    if report.verdict == Verdict.WRONG:
        state = find_state(question.f, question.rule)
        try:
            text = question.explain(report, at) if isinstance(report, Report) else str(report)
        finally:
            state.restore()
        raise GradientMismatch(text)
    if report.verdict == Verdict.UNDECIDED:
        raise GradientUndecided(str(report))
    for note in (*report.notes, *(report.lost_digits if isinstance(report, Report) else ())):
        warnings.warn(note, GradientWarning, stacklevel=3)
    return report


def is_strategy(at: object) -> bool:
    """Whether it is a Hypothesis strategy; nothing is where Hypothesis was not loaded."""
    if "hypothesis" not in sys.modules:
        return False
    from hypothesis.strategies import SearchStrategy

    return isinstance(at, SearchStrategy)


def read_options(
    *,
    wrt: str | Sequence[str] | None = None,
    method: Method = "auto",
    seed: int | None = None,
    examples: int = EXAMPLES,
    **not_offered: Never,
) -> tuple[Any, ...]:
    """Return the options of a question in the order of its fields, and the examples; seed 0 if it is None.

    Raises `TypeError` for an option that is not offered, and says what is instead; `ValueError` for a method that there
    is not, for a seed that NumPy does not take, and for a number of examples that is none.
    """
    for name in not_offered:
        raise TypeError(
            f"{name} is not offered: {_OTHERWISE[name]}" if name in _OTHERWISE else f"unexpected argument {name!r}"
        )
    if method not in FORMULA_METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, FORMULA_METHODS))}; got {method!r}")
    seed = 0 if seed is None else seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1; got {seed!r}")
    if isinstance(examples, bool) or not isinstance(examples, int | np.integer) or examples < 1:
        raise ValueError(f"examples must be a positive integer; got {examples!r}")
    return wrt, method, int(seed), int(examples)


_TOLERANCES = ("rtol", "atol", "eps", "tol", "epsilon", "step", "delta", "h")
_OTHERWISE = {
    **dict.fromkeys(_TOLERANCES, "what rounding may do is computed for each entry, and nothing else is tolerated"),
    "order": "check the gradient by a function that returns one of its entries",
}
