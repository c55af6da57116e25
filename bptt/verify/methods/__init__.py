"""The ways to judge a rule, one a file, all of the one signature `judge(problem, observed)`.

_derivative          is it the derivative? Both on balls: a proof
_neighbourhood       what the derivative may be at a tie, and where rounding decides
_entries             entry by entry beside the true one, and what excuses a difference
_witness             do the floats of f move as the balls say?
_rounding            are its floats within the rounding of this very computation? Both on balls: a proof
_float_gradient      its floats beside the true gradient, which balls give: f on balls, the rule on floats
_finite_differences  its floats beside slopes of f, leaf by leaf: both on floats, proves nothing
_slope               the slope of a function of one number, and how far from it the true one may be
_float_function      f on floats at other points, in float64 where it can be
_float_noise         how far the floats of a rule may be from what it means

`FORMULA_METHODS` are those that judge the formula, from the strongest to the weakest, by the method that was asked for.
One that needs balls where there are none raises `FloatsOnlyError`, and the next is asked.
"""

from collections.abc import Callable, Mapping, Sequence

from bptt.verify._execution import Observed
from bptt.verify._problem import Method, Problem
from bptt.verify._report import Formula
from bptt.verify.methods import _derivative, _finite_differences, _float_gradient

FORMULA_METHODS: Mapping[Method, Sequence[Callable[[Problem, Observed], Formula]]] = {
    "auto": (_derivative.judge, _float_gradient.judge, _finite_differences.judge),
    "balls": (_derivative.judge,),
    "floats": (_finite_differences.judge,),
}
