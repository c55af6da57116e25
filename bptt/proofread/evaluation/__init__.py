"""Evaluation: index expressions on balls, and whether two of them are equal.

_budget         how much is computed for one equation
_arrays         arrays of balls whose axes are named by indices
_point          the sizes, the steps and the values at which equations are evaluated
_differentiate  the derivative of an expression, rule by rule
_evaluate       the value of an expression at a point
_sample_points  at which points a claim is tried
_compare        whether the sides of a claim are equal
"""

from bptt.proofread.evaluation._budget import Budget, TooLarge
from bptt.proofread.evaluation._compare import Agreement, Counterexample, Outcome, Undecided, compare
from bptt.proofread.evaluation._evaluate import Circle

__all__ = ["Agreement", "Budget", "Circle", "Counterexample", "Outcome", "TooLarge", "Undecided", "compare"]
