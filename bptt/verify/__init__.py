"""The harness: any scalar function, any hand-written gradient of it, and a verdict from ball arithmetic."""

try:
    from bptt.verify.check import (
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
from bptt.verify.claim import Claim
from bptt.verify.products import assert_jvp, assert_vjp, check_jvp, check_vjp
from bptt.verify.report import Arithmetic, Entry, Formula, LeafArithmetic, LeafFinding, Report, Verdict
from bptt.verify.strategies import arrays
from bptt.verify.verification import Verification
from bptt.verify.verifying import verify_gradient

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
