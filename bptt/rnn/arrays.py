"""What the gradients ask of their arrays: one namespace, one float type and the right shapes; and the linear maps."""

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # floats or balls; a JAX array or tracer serves just as well


def namespace(*arrays: Any) -> ModuleType:
    """The module whose functions take these arrays: `numpy`, or `jax.numpy` if any of them is JAX's."""
    spaces = (array.__array_namespace__() for array in arrays if hasattr(array, "__array_namespace__"))
    return next((space for space in spaces if space is not np), np)


def each(f: Callable[..., Any], first: Any, *others: Any) -> Any:
    """`f` of the arrays that stand in the same place of tuples and NamedTuples nested at will; a `None` stays one."""
    if first is None:
        return None
    if isinstance(first, tuple):
        results = [each(f, *parts) for parts in zip(first, *others, strict=True)]
        return type(first)(*results) if hasattr(first, "_fields") else tuple(results)
    return f(first, *others)


OPTIONAL = {"b", "b_h", "h0"}  # may be None: no bias, and an initial state of zeros


def floating(**named: Any) -> list[Any]:
    """The arrays, alone or in tuples, in one namespace and of one float type, as NumPy promotes it, integers included.

    A `None` stays one where it is allowed. Raises `TypeError` where it is not, and for complex numbers and the like.
    """
    leaves = [leaf for name, tree in named.items() for leaf in _leaves(name, tree)]
    xp = namespace(*(array for _, array in leaves))
    as_array = np.asanyarray if xp is np else xp.asarray  # an array of balls may be of a class of its own
    arrays = []
    for name, given in leaves:
        if given is None:
            if OPTIONAL.isdisjoint(name.split(".")):
                raise TypeError(f"{name} must be an array of real numbers; got None")
            continue
        _refuse_masked(name, given)
        try:
            array = as_array(given)
        except ValueError as error:  # of lists of different lengths
            raise TypeError(f"{name} must be an array of real numbers; got a ragged {type(given).__name__}") from error
        if np.dtype(array.dtype).kind in "cSUMm":
            raise TypeError(f"{name} must be an array of real numbers; got dtype {array.dtype}")
        arrays.append(array)
    dtype = xp.result_type(*arrays, 1.0)
    return [each(lambda array: as_array(array, dtype=dtype), tree) for tree in named.values()]


def refuse_tuples(**named: Any) -> None:
    """Raise `TypeError` for a tuple where a single array belongs."""
    for name, given in named.items():
        if isinstance(given, tuple):
            raise TypeError(f"{name} must be an array of real numbers; got {type(given).__name__}")


def _refuse_masked(name: str, array: Any) -> None:
    if isinstance(array, np.ma.MaskedArray | np.matrix):
        raise TypeError(f"{name} must be a plain array; got {type(array).__name__}")


def _leaves(name: str, tree: Any) -> list[tuple[str, Any]]:
    """The arrays of nested tuples, each with its name: `weights.cell.0.U`."""
    if not isinstance(tree, tuple):
        return [(name, tree)]
    fields = getattr(tree, "_fields", range(len(tree)))
    return [leaf for field, part in zip(fields, tree, strict=True) for leaf in _leaves(f"{name}.{field}", part)]


def integers(name: str, array: Any) -> Array:
    """The array; raises `TypeError` unless it is one of integers."""
    _refuse_masked(name, array)
    result: Array = array if namespace(array) is not np else np.asarray(array)
    if np.dtype(result.dtype).kind not in "iu":
        raise TypeError(f"{name} must be an array of integers; got dtype {result.dtype}")
    return result


def require_shape(name: str, array: Array, shape: Sequence[int], meaning: str) -> None:
    """Raise `ValueError` unless `array` has that shape; `meaning` spells it in the letters of the notation."""
    if array.shape != tuple(shape):
        raise ValueError(f"{name} must have shape {meaning} = {tuple(shape)}; got {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"{name} must have no empty axis; got shape {array.shape}")


def product(M: Array, z: Array) -> Array:
    """out[...,k] = M[k,l] z[...,l]: (..., *rows) from M, (*rows, l), whose rows may have an axis of gates before k."""
    result: Array = (z @ M.reshape(-1, M.shape[-1]).T).reshape(*z.shape[:-1], *M.shape[:-1])
    return result


def transposed_product(M: Array, δ: Array) -> Array:
    """out[...,l] = M[k,l] δ[...,k]: (..., l) from δ, (..., *rows), the rows of M."""
    leading = δ.shape[: δ.ndim - M.ndim + 1]
    result: Array = δ.reshape(*leading, -1) @ M.reshape(-1, M.shape[-1])
    return result


def contract_time(δ: Array, z: Array) -> Array:
    """out[k,l] = Σ_t δ[t,...,k] z[t,...,l], the batch axes summed too, as one matrix product: (*rows, l).

    δ is (T, ..., *rows), with or without an axis of gates, and z (T, ..., l).
    """
    rows = δ.shape[z.ndim - 1 :]
    result: Array = δ.reshape(-1, math.prod(rows)).T @ z.reshape(-1, z.shape[-1])
    return result.reshape(*rows, z.shape[-1])


def gates(a: Array) -> Array:
    """The gates of a, (..., gates, D_h), as the first axis, to be unpacked."""
    result: Array = namespace(a).moveaxis(a, -2, 0)
    return result


def stacked(*δ: Array) -> Array:
    """What belongs to each gate, (..., D_h), as (..., gates, D_h)."""
    result: Array = namespace(*δ).stack(δ, axis=-2)
    return result
