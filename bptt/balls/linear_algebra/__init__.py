"""Linear algebra on balls: what FLINT encloses, or elimination on the balls themselves, with its derivatives.

_matrices         stacks of matrices, FLINT's matrices, and derivatives of what solves an equation
_systems          linear systems and the factors of a matrix
_spectra          eigenvalues, singular values, and functions of a matrix
_numpy            `np.linalg`
"""
