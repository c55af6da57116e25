"""Complex intermediates of real functions, as pairs of balls.

_ball             a complex number
_holomorphic      functions of them, each with its derivative
_quotient         what floats may return for a quotient
_arrays           arrays of them, and NumPy's functions
_fourier          `np.fft`, with exact roots of unity
"""
