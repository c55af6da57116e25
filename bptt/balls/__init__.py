"""Real numbers with guaranteed error bounds, as NumPy and JAX code meets them. Nothing here judges.

_context          precision, what is recorded, and comparisons that balls leave open, run both ways
_ball             the ball and the functions it has, each with its derivative
_array            arrays of balls, and NumPy's constructors, which make them during a run
_reverse          balls that remember what they were computed from, and the sweep back through them
_rounded          balls that contain whatever float arithmetic may return
_source           the places in the source code at which balls are computed
_jax_interpreter  JAX functions on balls: their jaxpr, evaluated one primitive after the other
_jax_rules        those primitives
"""

from bptt.balls._array import BallArray, MakeConstant, as_ball_array, make_arrays_of_balls, make_ball_array
from bptt.balls._ball import BINARY, UNARY, Ball, Fixed, StaleValueError, enclose, make_fixed
from bptt.balls._context import (
    Encountered,
    TooManyBranchesError,
    UndecidedComparisonError,
    change_context,
    pause_collector,
    round_constants,
    try_every_branch,
    use_precision,
)
from bptt.balls._reverse import CURVED, Traced, make_traced_constant, measure, sort_latest_first, sum_masses, sweep
from bptt.balls._rounded import NUMPY, XLA, Figures, Kind, Rounded, get_kind, make_rounded_constant, store
from bptt.balls._source import HARNESS, Origin, Place

__all__ = [
    "BINARY", "CURVED", "HARNESS", "NUMPY", "UNARY", "XLA", "Ball", "BallArray", "Encountered", "Figures",
    "Fixed", "Kind", "MakeConstant", "Origin", "Place", "Rounded", "StaleValueError", "TooManyBranchesError", "Traced",
    "UndecidedComparisonError", "as_ball_array", "change_context", "enclose", "get_kind", "make_arrays_of_balls",
    "make_ball_array", "make_fixed", "make_rounded_constant", "make_traced_constant", "measure", "pause_collector",
    "round_constants", "sort_latest_first", "store", "sum_masses", "sweep", "try_every_branch", "use_precision",
]  # fmt: skip
