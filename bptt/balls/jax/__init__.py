"""JAX functions on balls: their jaxpr, evaluated one primitive after the other. JAX is loaded when this is.

_interpreter      the evaluation, and the primitives that hold others
_rules            the primitives by name
_positions        elements that move by their positions, windows, and where a scatter puts what
_moves            primitives that move elements as NumPy does
_orders, _steps, _windows, _special, _linear_algebra, _complex, _axes   the rules of one family each
"""
