"""The two questions a user asks: what is this gradient worth, and, in a test, is it right?"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Never

from bptt.verify import _conduct as conduct
from bptt.verify._conduct import Observed
from bptt.verify._execution import FloatsOnlyError, Function, NoVerdictError, Subject
from bptt.verify._message import explain
from bptt.verify._problem import FlatArguments
from bptt.verify._report import Arithmetic, Formula, ReferenceKind, Report
from bptt.verify._reproduction import snippet
from bptt.verify._seeding import checked_seed, computing, seeded
from bptt.verify.methods import _derivative as formula
from bptt.verify.methods import _finite_differences as directional
from bptt.verify.methods import _float_gradient as estimate
from bptt.verify.methods import _rounding as arithmetic


class GradientMismatch(AssertionError):  # noqa: N818  (a finding about the gradient, as AssertionError is)
    """The gradient is wrong; the message says by which arrays, in which entry, and what kind of mistake it is."""


class GradientUndecided(Exception):  # noqa: N818
    """The gradient could not be judged; the message is the report, which says why."""


class GradientWarning(UserWarning):
    """The gradient is right, but f or it behaves as a caller would not expect: it changes its arguments, say."""


def check_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    wrt: str | Sequence[str] | None = None,
    reference: ReferenceKind | None = None,
    seed: int | None = None,
    **not_offered: Never,
) -> Report:
    """Judge a hand-written gradient at one point, with guaranteed error bounds and no tolerance.

    `f(*arguments)` is a scalar, and `gradient(*arguments)` a tuple with the gradient by each argument, of the same
    structure; for a single argument, the gradient by it. An argument is an array, a number, or a tuple, list, dict or
    NamedTuple of them, nested at will; `None` counts as an empty tuple. Integer and boolean arrays are passed on and
    not differentiated. Both may be NumPy or JAX functions.

    `wrt` names arguments or arrays in them, `"params"` or `"params['W']"`; the others are held fixed. For one name,
    `gradient` returns the gradient by that; for a sequence of names, a tuple.

    `reference` chooses what the gradient is compared with: by default the strongest that both functions take. `"balls"`
    is ball arithmetic or nothing; `"floats"` is one random direction, by finite differences and a complex step, which
    is quick for many parameters and proves nothing.

    There is no tolerance (`rtol`, `atol`, `eps`): what rounding may do is computed. Second derivatives and complex
    arguments are not offered; check the gradient as a function of its own, and real and imaginary parts.

    NumPy's global random generator is seeded before every call (with 0 if `seed` is None) and then put back, so that
    noise drawn from it is the same for f and gradient; the directions and jitters of the float references are drawn
    from `seed` too. If an argument is float64, JAX computes in 64 bits.

    Raises `TypeError` for arguments that are no real numbers; `ValueError` for NaN, infinity or nothing to
    differentiate, for an f that is no scalar and for a gradient of another structure; and whatever f and gradient
    raise on floats too.
    """
    _refuse(not_offered)
    for name, function in (("f", f), ("gradient", gradient)):
        if not callable(function):
            raise TypeError(f"{name} must be a function of the arguments; got {type(function).__name__}")
    if reference not in (None, "balls", "floats"):
        raise ValueError(f"reference must be 'balls', 'floats' or None; got {reference!r}")
    seed = checked_seed(seed)
    flat = FlatArguments(f, arguments, wrt)
    with computing(flat):
        return _judge(seeded(f, seed), seeded(gradient, seed), flat, reference, seed)


def assert_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any],
    arguments: tuple[Any, ...],
    *,
    wrt: str | Sequence[str] | None = None,
    reference: ReferenceKind | None = None,
    seed: int | None = None,
    **not_offered: Never,
) -> None:
    """Raise `GradientMismatch` if `gradient` is wrong at this point, `GradientUndecided` if that cannot be told.

    Issues a `GradientWarning` if it is right but the report has a note. The arguments and the other errors are those of
    `check_gradient`.
    """
    __tracebackhide__ = True  # pytest: the failure is the caller's line
    report = check_gradient(f, gradient, arguments, wrt=wrt, reference=reference, seed=seed, **not_offered)
    options = {"wrt": wrt, "reference": reference, "seed": seed}
    lines = snippet("assert_gradient", f, gradient, arguments, options) if report.verdict == "wrong" else []
    require_right(report, lambda: explain(report, f, gradient, FlatArguments(f, arguments, wrt), lines))


def require_right(report: Report, explained: Callable[[], str]) -> None:
    """What the report is worth in a test; `explained` says why a gradient is wrong."""
    __tracebackhide__ = True
    if report.verdict == "wrong":
        raise GradientMismatch(explained())
    if report.verdict == "undecided":
        raise GradientUndecided(str(report))
    for finding in report.findings:
        warnings.warn(finding, GradientWarning, stacklevel=3)


def _judge(f: Function, gradient: Function, flat: FlatArguments, reference: ReferenceKind | None, seed: int) -> Report:
    flat, observed = conduct.observe_as_needed(f, gradient, flat)
    subjects = Subject("f", f, flat), Subject("gradient", gradient, flat, before=f)
    findings = list(observed.findings)

    def report(judged: Formula, of_floats: Arithmetic) -> Report:
        return Report(judged, of_floats, seed, tuple(findings))

    if reference == "floats":
        judged = directional.judge(f, gradient, flat, observed.value, observed.gradient, seed)
        if judged.verdict != "wrong":
            findings += _changing(gradient, flat, observed)
        return report(judged, _not_told_apart("floats were asked for"))

    others = _changing(gradient, flat, observed)
    findings += others
    try:
        judged = formula.judge(*subjects, flat, observed.value)
        of_floats = arithmetic.judge(*subjects, flat, None if others else observed.gradient)
        if judged.verdict == of_floats.verdict == "wrong" and reference is None:
            beside = _unless_there_is_none(f, gradient, flat, observed, seed)
            if beside is not None and beside.verdict != "wrong":
                findings.append("gradient does something else on balls than on floats: does it ask for types?")
                return report(beside, _not_told_apart("its balls are not those of its floats"))
        return report(judged, of_floats)
    except FloatsOnlyError as error:
        if reference == "balls":
            judged = formula.undecided_formula(str(error), formula.PRECISIONS[0], flat)
            return report(judged, Arithmetic("undecided", str(error), ()))
        judged = _by_floats(error, f, gradient, flat, observed, seed)
        if others and judged.verdict == "right":
            judged = formula.undecided_formula(others[0], formula.PRECISIONS[0], flat)
        return report(judged, _not_told_apart(str(error)))
    finally:
        conduct.run_again(f, gradient, flat)


def _by_floats(
    error: FloatsOnlyError, f: Function, gradient: Function, flat: FlatArguments, observed: Observed, seed: int
) -> Formula:
    """The next best: the true gradient beside floats, and without balls for f, a random direction."""
    if error.name == "gradient":
        try:
            return _beside_the_truth(f, gradient, flat, observed, seed)
        except FloatsOnlyError:  # f is judged by its slopes, too
            pass
        except NoVerdictError as outcome:
            return formula.undecided_formula(str(outcome), formula.PRECISIONS[-1], flat)
    return directional.judge(f, gradient, flat, observed.value, observed.gradient, seed)


def _beside_the_truth(f: Function, gradient: Function, flat: FlatArguments, observed: Observed, seed: int) -> Formula:
    """The floats of the gradient beside the true one. Raises `NoVerdictError` where that is not known."""
    true, digits = formula.true_gradient(Subject("f", f, flat), flat, observed.value)
    return estimate.judge(f, gradient, flat, observed.gradient, true, digits, seed)


def _unless_there_is_none(
    f: Function, gradient: Function, flat: FlatArguments, observed: Observed, seed: int
) -> Formula | None:
    try:
        return _beside_the_truth(f, gradient, flat, observed, seed)
    except NoVerdictError:
        return None


def _changing(gradient: Function, flat: FlatArguments, observed: Observed) -> list[str]:
    others = conduct.other_on_second_call(gradient, flat, observed.gradient)
    return [f"a second call of gradient returns something else by {', '.join(others)}"] if others else []


def _not_told_apart(why: str) -> Arithmetic:
    return Arithmetic("undecided", f"it cannot be told apart from the formula: {why}", ())


_TOLERANCES = ("rtol", "atol", "eps", "tol", "epsilon", "step", "delta", "h")
_NOT_OFFERED = {
    **dict.fromkeys(_TOLERANCES, "what rounding may do is computed for each entry, and nothing else is tolerated"),
    "order": "check the gradient by a function that returns one of its entries",
}


def _refuse(unknown: dict[str, Any]) -> None:
    for name in unknown:
        why = (
            f"{name} is not offered: {_NOT_OFFERED[name]}" if name in _NOT_OFFERED else f"unexpected argument {name!r}"
        )
        raise TypeError(why)
