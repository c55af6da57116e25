"""What f and the gradient return: a number, and arrays of numbers, or an error that says what to return instead."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bptt.balls import Ball, BallArray, enclose

Claims: TypeAlias = npt.NDArray[Any]
"""The gradient by one leaf as the rule returned it: floats, or an object array of balls."""

_SIMPLE_BITS = 16  # numbers of so few are in a shorter type by chance


def require_scalar(value: Any) -> Any:
    """Return the value of f as one number. Raises `ValueError` for an array, `TypeError` for what is no real number."""
    refuse_tensor("what f returns", value)
    if isinstance(value, tuple | list | dict):
        raise ValueError(
            f"f must return a scalar; got a {type(value).__name__} of {len(value)}: if the loss is in it, with a"
            " gradient or more, pass a function that returns the loss alone, lambda *arguments: f(*arguments)[0]"
        )
    if np.shape(value) != ():
        raise ValueError(
            f"f must return a scalar; got an array of shape {np.shape(value)}: "
            + ("return its one entry" if np.size(value) == 1 else "sum it, or ask check_vjp about a backward pass")
        )
    has_float_type = hasattr(value, "dtype") and getattr(value.dtype, "kind", "") == "f"
    scalar = np.asarray(value)[()] if has_float_type else np.asarray(value, dtype=object).item()
    if enclose(scalar) is NotImplemented:
        raise TypeError(f"f must return a real number; got {type(scalar).__name__}")
    return scalar


def require_numbers(path: str, claim: Any) -> Claims:
    """Return the gradient by one leaf as an array of numbers or of balls, whatever array, list or number it came as."""
    if claim is None:
        raise ValueError(f"gradient by {path} must be an array; got None (to hold it fixed, leave it out of wrt)")
    if isinstance(claim, BallArray):
        return claim.view(np.ndarray)
    refuse_tensor(f"gradient by {path}", claim)
    if (
        not isinstance(claim, Ball)
        and hasattr(claim, "dtype")
        and np.dtype(claim.dtype).kind in "fiub"
        and np.dtype(claim.dtype).itemsize <= 8
    ):
        return np.asarray(claim)
    try:
        array = np.asarray(claim, dtype=object)
    except ValueError:
        raise ValueError(f"gradient by {path} must be an array; got a ragged {type(claim).__name__}") from None
    flat = np.empty(array.size, dtype=object)
    flat[:] = [x if isinstance(x, Ball) else _require_number(path, x) for x in array.reshape(-1).tolist()]
    return flat.reshape(array.shape)


def _require_number(path: str, entry: Any) -> Any:
    number = entry.item() if isinstance(entry, np.generic) or hasattr(entry, "item") else entry
    if enclose(number) is NotImplemented:
        raise TypeError(f"gradient by {path} must be an array of real numbers; got {type(number).__name__} {number!r}")
    return number


def find_shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, of a number or of lists of them; `None` for what has none."""
    if value is None or isinstance(value, dict):
        return None
    try:
        return np.shape(value)
    except ValueError:  # lists of different lengths
        return None


def refuse_tensor(name: str, value: Any) -> None:
    """Raise `TypeError` for a tensor of PyTorch's, which no function here takes for an array."""
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        raise TypeError(
            f"{name} must be an array of NumPy's or JAX's, or a number; got a torch tensor: wrap the function so that"
            " it takes and returns arrays, torch.from_numpy(x) inside and y.detach().numpy() at its end"
        )


def find_type_within(floats: npt.NDArray[Any]) -> npt.DTypeLike:
    """Return the type of the floats; float32 if they are such as float64, and not by being simple numbers."""
    if floats.dtype != np.float64:
        return floats.dtype
    with np.errstate(all="ignore"):
        short = floats.astype(np.float32)
        bits = np.frexp(floats)[0] * 2.0**_SIMPLE_BITS
    is_simple = np.array_equal(bits, np.trunc(bits), equal_nan=True)
    return np.float64 if is_simple or not np.array_equal(short, floats, equal_nan=True) else np.float32
