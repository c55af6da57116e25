"""The harness: any scalar function, any hand-written gradient of it, and a verdict from ball arithmetic."""

try:
    from bptt.verify._interface import (
        GradientMismatch,
        GradientUndecided,
        GradientWarning,
        assert_gradient,
        check_gradient,
    )
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"bptt.verify needs {error.name}: pip install 'bptt[verify]', or '.[verify]' in a clone", name=error.name
    ) from error
from bptt.verify._claim import Claim
from bptt.verify._linear_maps import assert_jvp, assert_vjp, check_jvp, check_vjp
from bptt.verify._random_sizes import verify_gradient
from bptt.verify._report import Arithmetic, Entry, Formula, LeafArithmetic, LeafFinding, Report, Verdict
from bptt.verify._strategies import arrays
from bptt.verify._verification import Verification

__all__ = [
    "Arithmetic",
    "Claim",
    "Entry",
    "Formula",
    "GradientMismatch",
    "GradientUndecided",
    "GradientWarning",
    "LeafArithmetic",
    "LeafFinding",
    "Report",
    "Verdict",
    "Verification",
    "arrays",
    "assert_gradient",
    "assert_jvp",
    "assert_vjp",
    "check_gradient",
    "check_jvp",
    "check_vjp",
    "verify_gradient",
]
