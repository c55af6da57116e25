"""What the gradients ask of their arrays: one namespace, one float type and the right shapes."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # floats or balls; a JAX array or tracer serves just as well


def namespace(*arrays: Any) -> ModuleType:
    """The module whose functions take these arrays: `numpy`, or `jax.numpy` if any of them is JAX's."""
    spaces = (array.__array_namespace__() for array in arrays if hasattr(array, "__array_namespace__"))
    return next((space for space in spaces if space is not np), np)


OPTIONAL = ("b", "h0")  # may be None: no bias, and an initial state of zeros


def floating(**named: Array | None) -> list[Any]:
    """The arrays in one namespace and of one float type, as NumPy promotes it; integers become floats.

    A `None` stays one where it is allowed. Raises `TypeError` where it is not, and for complex numbers and the like.
    """
    xp = namespace(*named.values())
    as_array = np.asanyarray if xp is np else xp.asarray  # an array of balls may be of a class of its own
    arrays = {name: as_array(array) for name, array in named.items() if array is not None or name not in OPTIONAL}
    for name, array in arrays.items():
        if named[name] is None:
            raise TypeError(f"{name} must be an array of real numbers; got None")
        if np.dtype(array.dtype).kind in "cSUMm":
            raise TypeError(f"{name} must be an array of real numbers; got dtype {array.dtype}")
    dtype = xp.result_type(*arrays.values(), 1.0)
    return [None if array is None else as_array(arrays[name], dtype=dtype) for name, array in named.items()]


def require_shape(name: str, array: Array, shape: Sequence[int], meaning: str) -> None:
    """Raise `ValueError` unless `array` has that shape; `meaning` spells it in the letters of the notation."""
    if array.shape != tuple(shape):
        raise ValueError(f"{name} must have shape {meaning} = {tuple(shape)}; got {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"{name} must have no empty axis; got shape {array.shape}")


def contract_time(δ: Array, z: Array) -> Array:
    """out[k,l] = Σ_t δ[t,...,k] z[t,...,l], the batch axes summed too, as one matrix product."""
    result: Array = δ.reshape(-1, δ.shape[-1]).T @ z.reshape(-1, z.shape[-1])
    return result
