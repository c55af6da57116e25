"""Vector-Jacobian and Jacobian-vector products of functions whose output is an array, or several of them.

Both are judged as the gradient of a scalar function; `_contractions` says of which.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Unpack, overload

from bptt.verify._contractions import Pullback, Pushforward, draw_vectors, judge_linear
from bptt.verify._interface import Options, Question, answer, check, read_options
from bptt.verify._problem import Function, Problem
from bptt.verify._report import Report, Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from bptt.verify._sampled_report import SampledReport


@overload
def judge_vjp(f: Function, vjp: Function, at: tuple[Any, ...], **options: Unpack[Options]) -> Report: ...
@overload
def judge_vjp(f: Function, vjp: Function, at: "SearchStrategy[Any]", **options: Unpack[Options]) -> "SampledReport": ...
def judge_vjp(f: Function, vjp: Function, at: Any, **options: Any) -> Any:
    """Judge a hand-written vector-Jacobian product, the backward pass of a layer, at one point or over a strategy.

    `f(*at)` is an array, or a tuple, list or dict of arrays, and `vjp(*at, cotangent)` the gradient by each argument of
    Σ cotangent · f, in the form that `judge_gradient` describes; the cotangent has the structure of f's output, with
    `None` for integers. The options, what is returned and what is raised, are those of `judge_gradient`: `wrt`,
    `method`, `seed`, from which the cotangents are drawn, and `examples`.
    """
    *of_question, examples = read_options(**options)
    return answer(VjpQuestion(f, vjp, *of_question), at, examples)


@overload
def check_vjp(f: Function, vjp: Function, at: tuple[Any, ...], **options: Unpack[Options]) -> Report: ...
@overload
def check_vjp(f: Function, vjp: Function, at: "SearchStrategy[Any]", **options: Unpack[Options]) -> "SampledReport": ...
def check_vjp(f: Function, vjp: Function, at: Any, **options: Any) -> Any:
    """Return the report of `judge_vjp` if it is right; raise `GradientMismatch` or `GradientUndecided` if not.

    The message tells for the cotangents of which indices along the first axis of an output, time say, it is wrong.
    """
    __tracebackhide__ = True
    *of_question, examples = read_options(**options)
    return check(VjpQuestion(f, vjp, *of_question), at, examples)


@overload
def judge_jvp(f: Function, jvp: Function, at: tuple[Any, ...], **options: Unpack[Options]) -> Report: ...
@overload
def judge_jvp(f: Function, jvp: Function, at: "SearchStrategy[Any]", **options: Unpack[Options]) -> "SampledReport": ...
def judge_jvp(f: Function, jvp: Function, at: Any, **options: Any) -> Any:
    """Judge a hand-written Jacobian-vector product, a forward-mode rule, at one point or over a strategy.

    `f(*at)` is an array, or a tuple, list or dict of arrays, and `jvp(at, tangents)` its derivative along `tangents`,
    of the same structure. The tangents have the structure of the arguments, with zeros for those that `wrt` does not
    name and `None` for integers. The options, what is returned and what is raised, are those of `judge_gradient`.
    """
    *of_question, examples = read_options(**options)
    return answer(JvpQuestion(f, jvp, *of_question), at, examples)


@overload
def check_jvp(f: Function, jvp: Function, at: tuple[Any, ...], **options: Unpack[Options]) -> Report: ...
@overload
def check_jvp(f: Function, jvp: Function, at: "SearchStrategy[Any]", **options: Unpack[Options]) -> "SampledReport": ...
def check_jvp(f: Function, jvp: Function, at: Any, **options: Any) -> Any:
    """Return the report of `judge_jvp` if it is right; raise `GradientMismatch` or `GradientUndecided` if not."""
    __tracebackhide__ = True
    *of_question, examples = read_options(**options)
    return check(JvpQuestion(f, jvp, *of_question), at, examples)


class VjpQuestion(Question):
    """Is `rule` the vector-Jacobian product of f?"""

    asked: ClassVar[str] = "vjp"

    def pose(self, at: tuple[Any, ...]) -> Problem:
        """Return the problem for the random cotangent."""
        pullback = self._contract(at)
        return pullback.pose(pullback.cotangents.random)

    def judge(self, at: tuple[Any, ...]) -> Report:
        pullback = self._contract(at)
        return judge_linear(pullback.judge, pullback.cotangents, "cotangents")

    def explain(self, report: Report, at: tuple[Any, ...]) -> str:
        from bptt.verify._message import explain

        pullback = self._contract(at)
        random = pullback.judge(pullback.cotangents.random)
        if random.verdict != Verdict.WRONG:
            return _explain_briefly(report)
        problem = pullback.pose(pullback.cotangents.random)
        return explain(problem, random, self.write_snippet(at), pullback.note_wrong_steps())

    def _contract(self, at: tuple[Any, ...]) -> Pullback:
        return Pullback(super().pose(at), self.wrt)


class JvpQuestion(Question):
    """Is `rule` the Jacobian-vector product of f? Each tangent poses a problem of its own."""

    asked: ClassVar[str] = "jvp"
    is_gradient: ClassVar[bool] = False

    def judge(self, at: tuple[Any, ...]) -> Report:
        pushforward = Pushforward(self.pose(at))
        leaves = pushforward.problem.arguments.leaves
        vectors = draw_vectors([leaf.values for leaf in leaves], self.seed, [leaf.chosen for leaf in leaves])
        return judge_linear(pushforward.judge, vectors, "tangents")

    def explain(self, report: Report, at: tuple[Any, ...]) -> str:  # noqa: ARG002  (the form of every question)
        return _explain_briefly(report)


def _explain_briefly(report: Report) -> str:
    return f"wrong: {report.reason}\nseed {report.seed}"
