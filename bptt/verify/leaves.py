"""The arguments of a function as a flat list of named arrays, and its gradient matched to them."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import optree
from flint import arb

from bptt.verify.balls import Ball


class Leaf(NamedTuple):
    """One array among the arguments. Integers and booleans are passed on as they are and not differentiated."""

    path: str  # as one would write it in Python: params['W'], weights.cell.U
    given: Any
    values: npt.NDArray[Any]

    @property
    def differentiable(self) -> bool:
        return self.values.dtype.kind == "f"

    def balls(self, make: Callable[[arb], Ball]) -> Any:
        """The leaf as an object array of exact balls, or as a single ball if a scalar was given."""
        if not self.differentiable:
            return self.given
        if not isinstance(self.given, np.ndarray) and self.values.ndim == 0:
            return make(arb(float(self.values)))
        balls = np.empty(self.values.shape, dtype=object)
        balls.reshape(-1)[:] = [make(arb(x)) for x in self.values.reshape(-1).tolist()]
        return balls


class Arguments:
    """The positional arguments of f, flattened.

    Raises `TypeError` for an argument that holds something other than real arrays and numbers, and `ValueError` for
    NaN or infinity among them or when nothing is left to differentiate.
    """

    def __init__(self, f: Callable[..., Any], arguments: Sequence[Any]) -> None:
        if not isinstance(arguments, tuple):
            raise TypeError(
                f"arguments must be the tuple of f's positional arguments; got {type(arguments).__name__}"
                " (for a single argument x write (x,))"
            )
        names = _parameter_names(f, len(arguments))
        tree: Any = tuple(arguments)
        accessors, given, self._spec = optree.tree_flatten_with_accessor(tree)
        paths = [names[accessor[0].entry] + accessor[1:].codify("") for accessor in accessors]
        self._count = len(arguments)
        self.leaves = [Leaf(path, leaf, _real_array(path, leaf)) for path, leaf in zip(paths, given, strict=True)]
        if not any(leaf.differentiable for leaf in self.leaves):
            kinds = ", ".join(f"{leaf.path}: {leaf.values.dtype}" for leaf in self.leaves) or "no array at all"
            raise ValueError(f"arguments must hold at least one array of floats to differentiate by; got {kinds}")

    def copies(self) -> list[Any]:
        """The leaves as they were given, arrays copied."""
        return [leaf.given.copy() if isinstance(leaf.given, np.ndarray) else leaf.given for leaf in self.leaves]

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """The arguments with other leaves in the same places."""
        return self._spec.unflatten(leaves)

    def match(self, gradient: Any) -> list[Any]:
        """What the gradient has for each leaf. Raises `ValueError` for another structure than the arguments'."""
        if self._count == 1:
            if isinstance(gradient, tuple) and len(gradient) == 1 and len(self.leaves) == 1:
                raise ValueError("gradient must return the gradient by the single argument itself; got a tuple of 1")
            gradient = [gradient]
        elif not isinstance(gradient, tuple | list):
            raise ValueError(
                f"gradient must return a tuple of {self._count}, one for each argument of f; got"
                f" {type(gradient).__name__}"
            )
        try:
            by_argument: Any = tuple(gradient)
            claims: list[Any] = self._spec.flatten_up_to(by_argument)
        except ValueError:
            raise ValueError(
                f"gradient must have the structure of f's arguments, {_outline(self._spec)};"
                f" got {_outline(optree.tree_structure(by_argument))}"
            ) from None
        for leaf, claim in zip(self.leaves, claims, strict=True):
            if leaf.differentiable and claim is None:
                raise ValueError(
                    f"gradient by {leaf.path} must be an array; got None (to hold it fixed, close over it)"
                )
        return claims


def _outline(structure: optree.PyTreeSpec) -> str:
    """A structure with a star for every array."""
    text = str(structure).removeprefix("PyTreeSpec(").removesuffix(")")
    return text if len(text) <= 300 else text[:300] + " …"


def _parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # builtins have no signature
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return named[:count] if len(named) >= count else [f"arguments[{n}]" for n in range(count)]


def _real_array(path: str, leaf: Any) -> npt.NDArray[Any]:
    values = np.asarray(leaf)
    if values.dtype.kind not in "fiub" or values.dtype.itemsize > 8:
        raise TypeError(
            f"{path} must be an array of real numbers of at most 64 bits; got {type(leaf).__name__}"
            f" of dtype {values.dtype}"
        )
    if not np.isfinite(values).all():
        first = tuple(int(n) for n in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"{path} must be finite for a verdict; got {values[first]} at index {first}")
    return values
