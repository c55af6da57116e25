"""The functions of `scipy.special` on balls, a line each: the function, its derivatives, where it is defined.

_entry            what a line holds
_functions        the functions that most code calls, and how SciPy's own ufuncs lead to them
_classical        Bessel functions, integrals and orthogonal polynomials
_distributions    what distributions are computed by
"""
