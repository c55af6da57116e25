"""Is this gradient the derivative? Any function, any hand-written gradient, vjp or jvp of it, and a verdict.

`judge_*` return a report, `check_*` raise unless it is right. Modules, from the question to its answer:

_interface     the questions, and which method answers them
_linear_maps   the same for vjps and jvps, as gradients of contractions (_contractions)
_problem       what is to be judged: f, rule and named arrays
_execution     running the user's functions, on floats and on balls
methods        the ways to judge, from the strongest to the weakest
_report        what was found, as data; _decimals shows two numbers side by side
_random_sizes  the same at points that a strategy draws (_strategies), with rules of sizes (_size_rules) and what the
               points could not show (_coverage); _sampled_report is what was found
_claim         what a user writes down for the command to judge
diagnosis      what a wrong gradient is wrong in
_message       the text of all of it, made last; _reproduction writes lines that bring a failure back
"""

import importlib
from typing import TYPE_CHECKING, Any

try:
    from bptt.verify._interface import (
        GradientMismatch,
        GradientUndecided,
        GradientWarning,
        check_gradient,
        judge_gradient,
    )
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"bptt.verify needs {error.name}: pip install 'bptt[verify]', or '.[verify]' in a clone", name=error.name
    ) from error
from bptt.verify._claim import Claim
from bptt.verify._linear_maps import check_jvp, check_vjp, judge_jvp, judge_vjp
from bptt.verify._report import Arithmetic, Entry, Formula, LeafArithmetic, LeafFinding, Report, Verdict
from bptt.verify._sampled_report import SampledReport

if TYPE_CHECKING:
    from bptt.verify._strategies import named_arrays

__all__ = [
    "Arithmetic", "Claim", "Entry", "Formula", "GradientMismatch", "GradientUndecided", "GradientWarning",
    "LeafArithmetic", "LeafFinding", "Report", "SampledReport", "Verdict", "check_gradient", "check_jvp", "check_vjp",
    "judge_gradient", "judge_jvp", "judge_vjp", "named_arrays",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "named_arrays":  # loading Hypothesis takes as long as all the rest
        return importlib.import_module("bptt.verify._strategies").named_arrays
    raise AttributeError(f"module 'bptt.verify' has no attribute {name!r}")
