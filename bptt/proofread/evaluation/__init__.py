"""Evaluation: index expressions on balls, and whether two of them are equal.

_budget         how much is computed for one equation
_arrays         arrays of balls whose axes are named by indices
_functions      the functions of one number, each with its derivative, and those of matrices
_drawing        the values of what nothing defines, with the properties that are said of them
_points         the sizes, the steps and the kind of values at which equations are evaluated, and claims are tried
_existence      which quantities exist at which steps, and depend on which
_differentiate  the derivative of an expression, rule by rule
_setting        what is the same at all points; derivatives, built once
_quantities     the values of quantities and of their derivatives at a point
_evaluate       the value of an expression at a point
_compare        whether the sides of a claim are equal
"""

from bptt.proofread.evaluation._budget import Budget, TooLarge
from bptt.proofread.evaluation._compare import Agreement, Counterexample, Difference, Outcome, Undecided, compare
from bptt.proofread.evaluation._functions import FUNCTIONS
from bptt.proofread.evaluation._quantities import Circle

__all__ = [
    "FUNCTIONS", "Agreement", "Budget", "Circle", "Counterexample", "Difference", "Outcome", "TooLarge", "Undecided",
    "compare",
]  # fmt: skip
