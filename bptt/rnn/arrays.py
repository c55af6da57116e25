"""What the cells are written in: arrays of NumPy or JAX, tuples of them, and the linear maps of a step."""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # floats or balls; a JAX array or tracer serves just as well


def namespace(*arrays: Any) -> ModuleType:
    """Return the module whose functions take these arrays: `numpy`, or `jax.numpy` if any of them is JAX's."""
    for array in arrays:
        if not isinstance(array, np.ndarray | np.generic) and hasattr(array, "__array_namespace__"):
            return array.__array_namespace__()
    return np


def each(f: Callable[..., Any], first: Any, *others: Any) -> Any:
    """Map `f` over the arrays in the same place of tuples and NamedTuples nested at will; a `None` stays one."""
    if isinstance(first, tuple):
        results = [each(f, *parts) for parts in zip(first, *others, strict=True)]
        return type(first)(*results) if hasattr(first, "_fields") else tuple(results)
    return None if first is None else f(first, *others)


def product(M: Array, z: Array, b: Array | None = None) -> Array:
    """out[...,k] = M[k,l] z[...,l] + b[k]: (..., *rows) from M, (*rows, l), whose rows may have gates before k."""
    D_z = z.shape[-1]
    Mz = z.reshape(-1, D_z) @ M.reshape(-1, D_z).T  # one product of matrices for all gates, and all of the batch
    Mz = Mz.reshape(*z.shape[:-1], *M.shape[:-1])
    if b is not None:
        Mz += b
    return Mz


def transposed_product(M: Array, δ: Array) -> Array:
    """out[...,l] = M[k,l] δ[...,k]: (..., l) from δ, (..., *rows), the rows of M."""
    *rows, D_z = M.shape
    Mδ = δ.reshape(-1, math.prod(rows)) @ M.reshape(-1, D_z)
    return Mδ.reshape(*δ.shape[: δ.ndim - len(rows)], D_z)


def contract_time(δ: Array, z: Array) -> Array:
    """out[k,l] = Σ_t δ[t,...,k] z[t,...,l], the batch axes summed too, as one matrix product: (*rows, l).

    δ is (T, ..., *rows), with or without an axis of gates, and z (T, ..., l).
    """
    rows = δ.shape[z.ndim - 1 :]
    flat = δ.reshape(-1, math.prod(rows)).T @ z.reshape(-1, z.shape[-1])
    return flat.reshape(*rows, z.shape[-1])


def gates(a: Array) -> list[Array]:
    """List the gates of a, (..., gates, D_h), to be unpacked: (..., D_h) each."""
    return [a[..., n, :] for n in range(a.shape[-2])]


def stacked(*δ: Array) -> Array:
    """Stack what belongs to each gate, (..., D_h), to (..., gates, D_h): the inverse of `gates`."""
    side_by_side = namespace(*δ).concat(δ, axis=-1)
    return side_by_side.reshape(*side_by_side.shape[:-1], len(δ), -1)


def set_entries(array: Any, at: tuple[Array, ...], values: Any) -> Array:
    """Return the array with `values` at these indices; one of NumPy's is overwritten, so that it must be one's own."""
    if namespace(array) is not np:
        return array.at[at].set(values)
    array[at] = values
    return array
