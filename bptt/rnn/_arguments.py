"""What callers pass, checked: arrays of one namespace and one float type, of the right kinds and shapes."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bptt.rnn.arrays import Array, each, namespace

OPTIONAL = {"b", "b_h", "h0"}  # may be None: no bias, and an initial state of zeros
SINGLE = {"xs", "y", "h_bar", "U", "W", "b", "b_h", "V"}  # a tuple of arrays is no array
FLOAT_TYPES = [{letter} for letter in np.typecodes["Float"]]


def promote(**named: Any) -> list[Any]:
    """Convert the arrays, alone or in tuples, to one namespace and one float type, as NumPy promotes them.

    A `None` stays one where it is allowed. Raises `TypeError` for it elsewhere, and for complex numbers and the like.
    """
    if _find_types(named, named.values()) in FLOAT_TYPES:
        return list(named.values())  # nothing to do, as in most calls: seen in the time of one product of small arrays
    leaves = [leaf for name, tree in named.items() for leaf in name_leaves(name, tree)]
    leaves = [(name, given) for name, given in leaves if given is not None or OPTIONAL.isdisjoint(name.split("."))]
    xp = namespace(*(array for _, array in leaves))
    as_array = np.asanyarray if xp is np else xp.asarray  # an array of balls may be of a class of its own
    arrays = [_convert(name, given, as_array) for name, given in leaves]
    dtype = xp.result_type(*arrays, 1.0)  # with a Python float, integers become float64, and float32 stays
    return [each(lambda array: as_array(array, dtype=dtype), tree) for tree in named.values()]


def _find_types(names: Iterable[Any], trees: Iterable[Any]) -> set[str]:
    """Return the letters of the types of plain NumPy arrays in nested tuples, and "" if there is anything else."""
    types = set()
    for name, tree in zip(names, trees, strict=True):
        if type(tree) is np.ndarray:
            types.add(tree.dtype.char)
        elif isinstance(tree, tuple) and name not in SINGLE:
            types |= _find_types(getattr(tree, "_fields", range(len(tree))), tree)
        elif tree is not None or name not in OPTIONAL:
            types.add("")
    return types


def _convert(name: str, given: Any, as_array: Callable[[Any], Array]) -> Array:
    """Return it as an array; raise `TypeError` unless it is one of real numbers."""
    if given is None:
        raise TypeError(f"{name} must be an array of real numbers; got None")
    _require_plain(name, given)
    try:
        array = as_array(given)
    except ValueError as error:  # of lists of different lengths
        raise TypeError(f"{name} must be an array of real numbers; got a ragged {type(given).__name__}") from error
    if np.dtype(array.dtype).kind in "cSUMm":  # complex numbers, text, dates and times
        raise TypeError(f"{name} must be an array of real numbers; got dtype {array.dtype}")
    return array


def name_leaves(name: str, tree: Any) -> list[tuple[str, Any]]:
    """List the arrays of nested tuples, each with its name, such as `weights.cell.0.U`."""
    if not isinstance(tree, tuple) or name.split(".")[-1] in SINGLE:
        return [(name, tree)]
    fields = getattr(tree, "_fields", range(len(tree)))
    return [leaf for field, part in zip(fields, tree, strict=True) for leaf in name_leaves(f"{name}.{field}", part)]


def require_integers(name: str, array: Any) -> Array:
    """Return the array; raise `TypeError` unless it is one of integers."""
    _require_plain(name, array)
    integers = array if namespace(array) is not np else np.asarray(array)
    if np.dtype(integers.dtype).kind not in "iu":
        raise TypeError(f"{name} must be an array of integers; got dtype {integers.dtype}")
    return integers


def require_shape(name: str, array: Array, shape: tuple[int, ...], meaning: str) -> None:
    """Raise `ValueError` unless `array` has that shape; `meaning` spells it in the letters of the notation."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {meaning} = {shape}; got {array.shape}")
    if 0 in shape:
        raise ValueError(f"{name} must have no empty axis; got shape {array.shape}")


def require_type(name: str, given: Any, expected: type) -> None:
    """Raise `TypeError` unless it is a NamedTuple of that type; the types of two cells often share a name."""
    if not isinstance(given, expected):
        raise TypeError(f"{name} must be {_spell_type(expected)}; got {_spell_type(type(given))}")


def _require_plain(name: str, array: Any) -> None:
    if isinstance(array, tuple):
        raise TypeError(f"{name} must be an array of real numbers; got {type(array).__name__}")
    if isinstance(array, np.ma.MaskedArray | np.matrix):  # whose mask would be dropped, whose `@` and `*` are others
        raise TypeError(f"{name} must be a plain array; got {type(array).__name__}")


def _spell_type(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
