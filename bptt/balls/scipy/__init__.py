"""What stands for SciPy's compiled functions on balls: each with SciPy's signature, in a table by module and name.

SciPy is not imported here. The original is called on the floats first: what it raises is raised, and what it returns
stands as the floats of the balls.

_operands       what a function is given, and what becomes of what it returns
_elimination    systems of linear equations
_fourier        Fourier and cosine transforms
_linear_algebra `scipy.linalg`
_signal         convolutions and linear filters
_ndimage        weighted sums of neighbours
_distance       distances of vectors
_piecewise      piecewise polynomials
_interpolate    splines, and interpolation between points
_grid           interpolation in grids
_stats          densities of several variables
_sparse         sparse matrices
_sparse_functions   what makes them
_matrix         what they return as a np.matrix
"""

from typing import Any

from bptt.balls.scipy._distance import DISTANCE
from bptt.balls.scipy._fourier import SCIPY_FFT, make_analytic
from bptt.balls.scipy._interpolate import INTERPOLATE
from bptt.balls.scipy._linear_algebra import SCIPY_LINALG
from bptt.balls.scipy._ndimage import NDIMAGE
from bptt.balls.scipy._operands import MethodsOnBalls, OnBalls, call, holds_balls
from bptt.balls.scipy._signal import SIGNAL
from bptt.balls.scipy._sparse_functions import SPARSE, SPARSE_LINALG
from bptt.balls.scipy._stats import STATS

SCIPY: dict[str, dict[str, Any]] = {
    "scipy.linalg": SCIPY_LINALG,
    "scipy.fft": SCIPY_FFT,
    "scipy.signal": {**SIGNAL, "hilbert": make_analytic},
    "scipy.ndimage": NDIMAGE,
    "scipy.spatial.distance": DISTANCE,
    "scipy.interpolate": INTERPOLATE,
    "scipy.sparse": SPARSE,
    "scipy.sparse.linalg": SPARSE_LINALG,
    "scipy.stats": STATS,
}
"""By module and name."""

__all__ = ["SCIPY", "MethodsOnBalls", "OnBalls", "call", "holds_balls"]
