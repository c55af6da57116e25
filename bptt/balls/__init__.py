"""Real numbers with guaranteed error bounds, as NumPy and JAX code meets them. Nothing here judges.

_context          precision, and what is recorded
_comparisons      how comparisons are decided: as the floats go, and otherwise where these say nothing
_functions        the functions that balls have, each with its derivative
_ball             the ball, and the float that stands for it
_steps            functions that are constant between jumps
_array            arrays of balls, which say to be arrays of floats
_ufuncs           NumPy's functions of elements, on them
_mask             the booleans that comparisons of balls return
_array_functions  NumPy's other functions, on them
_numpy_functions  those of them that are written anew
_constructors     NumPy's constructors, which make them during a run
_numbers          `float` and `math`, which return balls for balls
_stand_ins        what stands for them, and for functions of libraries, in the code of a run
_reverse          balls that remember what they were computed from, and the sweep back through them
_float_types      how much an operation of NumPy's or XLA's may add in each
_rounded          balls that contain whatever float arithmetic may return, and know what the formula says
_operand          what stands in an array, listed once
_passes           functions of elements of whole arrays
_matrix           matrices as FLINT takes them; _products of them, and _contractions
_outer_sums       sums of outer products, computed when somebody looks
_source           the places in the source code at which balls are computed
linear_algebra    systems, factors and spectra of matrices
complex_numbers   complex intermediates of real functions, and Fourier transforms
special           the functions of `scipy.special`
scipy             SciPy's other functions
jax               JAX functions: their jaxpr, evaluated one primitive after the other
"""

import bptt.balls._array_functions
import bptt.balls._mask
import bptt.balls._numpy_functions
import bptt.balls.complex_numbers._arrays
import bptt.balls.complex_numbers._fourier
import bptt.balls.linear_algebra._numpy  # noqa: F401  (these give balls what NumPy calls)
from bptt.balls._array import (
    BallArray,
    MakeConstant,
    convert_to_balls,
    make_ball_array,
    make_constant_by,
)
from bptt.balls._ball import Ball, Fixed, StaleValueError, enclose, make_fixed
from bptt.balls._comparisons import (
    Comparisons,
    TooManyBranchesError,
    TooManyComparisonsError,
    UndecidedComparisonError,
    UndecidedSpectrumError,
    try_every_branch,
)
from bptt.balls._constructors import make_arrays_of_balls
from bptt.balls._context import (
    CURRENT,
    Encountered,
    RefusedFloatError,
    TooManyOperationsError,
    are_exact,
    change_context,
    computes_jax_in_float32,
    pause_collector,
    round_constants,
    use_precision,
)
from bptt.balls._float_types import NUMPY, XLA, Kind, get_kind
from bptt.balls._functions import BINARY, UNARY
from bptt.balls._reverse import (
    CURVED,
    Traced,
    limit_operations,
    make_traced_constant,
    measure,
    sort_latest_first,
    sum_masses,
    sweep,
)
from bptt.balls._rounded import Rounded, make_rounded_constant, store
from bptt.balls._source import HARNESS, Origin, Place
from bptt.balls._stand_ins import StandIn, find_stand_ins, list_functions
from bptt.balls._ufuncs import is_finite

__all__ = [
    "BINARY", "CURRENT", "CURVED", "HARNESS", "NUMPY", "UNARY", "XLA", "Ball", "BallArray", "Comparisons",
    "Encountered", "Fixed", "Kind", "MakeConstant", "Origin", "Place", "RefusedFloatError", "Rounded",
    "StaleValueError", "StandIn", "TooManyBranchesError", "TooManyComparisonsError", "TooManyOperationsError",
    "Traced", "UndecidedComparisonError", "UndecidedSpectrumError", "are_exact", "change_context",
    "computes_jax_in_float32", "convert_to_balls", "enclose", "find_stand_ins", "get_kind", "is_finite",
    "limit_operations", "list_functions", "make_arrays_of_balls", "make_ball_array", "make_constant_by", "make_fixed",
    "make_rounded_constant", "make_traced_constant", "measure", "pause_collector", "round_constants",
    "sort_latest_first", "store", "sum_masses", "sweep", "try_every_branch", "use_precision",
]  # fmt: skip
