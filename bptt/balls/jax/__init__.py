"""JAX functions on balls: their jaxpr, evaluated one primitive after the other. JAX is loaded when this is.

_traced_function  a function as JAX traced it, on balls and on floats
_programs         its steps on floats, compiled at once
_interpreter      the evaluation on balls, and the primitives that hold others
_rules            the primitives by name
_positions        windows, and where gathers and scatters take and put what
_integers         primitives on integers and booleans
_moves            primitives that move elements as NumPy does
_orders, _steps, _windows, _special, _linear_algebra, _complex, _axes   the rules of one family each
"""
