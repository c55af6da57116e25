"""The arguments of a function as a flat list of named arrays, and its gradient matched to them."""

import copy
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import optree
from flint import arb

from bptt.balls._array import ball_array
from bptt.balls._ball import Ball, enclosure


class Leaf(NamedTuple):
    """One array among the arguments. Integers and booleans are passed on as they are and not differentiated."""

    path: str  # as one would write it in Python: params['W'], weights.cell.U
    given: Any
    values: npt.NDArray[Any]
    chosen: bool = True  # or held fixed, since `wrt` does not name it

    @property
    def differentiable(self) -> bool:
        return self.chosen and self.values.dtype.kind == "f"

    def copy(self) -> Any:
        """The leaf as it was given, an array copied."""
        return self.given.copy() if isinstance(self.given, np.ndarray) else self.given

    def balls(self, make: Callable[[arb], Ball], fixed: Callable[[arb], Ball] | None = None) -> Any:
        """The leaf as an object array of exact balls, or as a single ball if a scalar was given.

        `fixed` makes them if the leaf is held fixed and is to be something else then.
        """
        if self.values.dtype.kind != "f":
            return self.copy()
        make = make if self.chosen else fixed or make
        if not isinstance(self.given, np.ndarray) and self.values.ndim == 0:
            return make(arb(float(self.values)))
        return ball_array([make(arb(x)) for x in self.values.reshape(-1).tolist()], self.values.shape)


class FlatArguments:
    """The positional arguments of f, flattened; those that `wrt` names, by argument or path, are differentiated.

    Raises `TypeError` for an argument that holds something other than real arrays and numbers, and `ValueError` for
    NaN or infinity among them, for a name that is none of theirs, or when nothing is left to differentiate.
    """

    def __init__(self, f: Callable[..., Any], arguments: Sequence[Any], wrt: str | Sequence[str] | None = None) -> None:
        if not isinstance(arguments, tuple):
            raise TypeError(
                f"arguments must be the tuple of f's positional arguments; got {type(arguments).__name__}"
                " (for a single argument x write (x,))"
            )
        names = self.names = _parameter_names(f, len(arguments))
        tree: Any = tuple(arguments)
        accessors, given, self._spec = optree.tree_flatten_with_accessor(tree)
        paths = [names[accessor[0].entry] + accessor[1:].codify("") for accessor in accessors]
        parts = _parts(tree, accessors, names, wrt)
        self._alone = isinstance(wrt, str) or (wrt is None and len(arguments) == 1)
        self._one_for_each = "argument of f" if wrt is None else "name in wrt"
        by_part: Any = tuple(subtree for _, subtree in parts)
        self._parts_spec = optree.tree_structure(by_part)
        self._order = [n for indices, _ in parts for n in indices]
        self.leaves = [
            Leaf(path, leaf, _real_array(path, leaf), chosen=n in self._order)
            for n, (path, leaf) in enumerate(zip(paths, given, strict=True))
        ]
        if not any(leaf.differentiable for leaf in self.leaves):
            kinds = ", ".join(f"{leaf.path}: {leaf.values.dtype}" for leaf in self.leaves) or "no array at all"
            raise ValueError(f"arguments must hold at least one array of floats to differentiate by; got {kinds}")

    def as_jax(self) -> "FlatArguments":
        """The same arguments, their arrays of floats JAX's."""
        import jax.numpy as jnp

        converted = copy.copy(self)
        converted.leaves = [
            leaf._replace(given=jnp.asarray(leaf.given)) if leaf.values.dtype.kind == "f" and leaf.values.ndim else leaf
            for leaf in self.leaves
        ]
        return converted

    def with_values(self, values: Sequence[npt.NDArray[Any]]) -> "FlatArguments":
        """Arguments of the same structure and shapes that have these values, an array for each leaf."""
        moved = copy.copy(self)
        moved.leaves = [
            leaf._replace(given=x if hasattr(leaf.given, "dtype") else x[()].item(), values=x)
            for leaf, x in zip(self.leaves, values, strict=True)
        ]
        return moved

    def with_all_chosen(self) -> "FlatArguments":
        """The same arguments, none of them held fixed."""
        free = copy.copy(self)
        free.leaves = [leaf._replace(chosen=True) for leaf in self.leaves]
        return free

    def copies(self) -> Any:
        """The arguments as they were given, arrays copied."""
        return self.rebuild([leaf.copy() for leaf in self.leaves])

    def half_the_digits(self) -> float:
        """The relative error of a number of which half the bits of the coarsest float type given are right."""
        return float(2.0 ** -(self.bits() // 2))

    def bits(self) -> int:
        """Those of the coarsest float type given."""
        return min(int(t.nmant) + 1 for t in self._float_types())

    def smallest(self) -> float:
        """The smallest normal number of the float type given that has the least range."""
        return max(float(t.smallest_normal) for t in self._float_types())

    def _float_types(self) -> list[Any]:
        return [np.finfo(leaf.values.dtype) for leaf in self.leaves if leaf.values.dtype.kind == "f"]

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """The arguments with other leaves in the same places."""
        return self._spec.unflatten(leaves)

    def flatten(self, arguments: Any) -> list[Any]:
        """The leaves of something of the same structure; `None` where that has none."""
        leaves: list[Any] = self._spec.flatten_up_to(arguments)
        return leaves

    def match(self, gradient: Any) -> list[npt.NDArray[Any]]:
        """The gradient by each leaf as an array of numbers or of balls, an empty one if it is not differentiated.

        Raises `ValueError` for another structure than the arguments', and `TypeError` for what is no real number.
        """
        count = self._parts_spec.num_children
        if self._alone:
            if isinstance(gradient, tuple) and len(gradient) == 1 and self._parts_spec.num_leaves == 1:
                raise ValueError("gradient must return the gradient by the single argument itself; got a tuple of 1")
            gradient = [gradient]
        elif not isinstance(gradient, tuple | list):
            raise ValueError(
                f"gradient must return a tuple of {count}, one for each {self._one_for_each}; got"
                f" {type(gradient).__name__}"
            )
        try:
            parts: Any = tuple(gradient)
            claims: list[Any] = self._parts_spec.flatten_up_to(parts)
        except ValueError:
            raise ValueError(
                f"gradient must have the structure of f's arguments, {_outline(self._parts_spec)};"
                f" got {_outline(optree.tree_structure(parts))}"
            ) from None
        by_leaf = dict(zip(self._order, claims, strict=True))
        return [
            _numbers(leaf.path, by_leaf[n]) if leaf.differentiable else np.empty(0)
            for n, leaf in enumerate(self.leaves)
        ]


def _parts(
    arguments: Any, accessors: Sequence[Any], names: Sequence[str], wrt: str | Sequence[str] | None
) -> list[tuple[list[int], Any]]:
    """For each argument, or each name in `wrt`, the numbers of its leaves and the tree that it is."""
    if wrt is not None and not isinstance(wrt, Iterable):
        raise TypeError(f"wrt must be a name, or a sequence of names; got {wrt!r}")
    wanted = names if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    subtrees: dict[str, tuple[list[int], Any]] = {name: ([], tree) for name, tree in zip(names, arguments, strict=True)}
    for n, accessor in enumerate(accessors):
        for depth in range(1, len(accessor) + 1):
            name = names[accessor[0].entry] + accessor[1:depth].codify("")
            subtrees.setdefault(name, ([], accessor[:depth](arguments)))[0].append(n)
    for name in wanted:
        if name not in subtrees:
            known = ", ".join(list(subtrees)[:20])
            raise ValueError(f"wrt must name arguments of f or arrays in them ({known}); got {name!r}")
    parts = [subtrees[name] for name in wanted]
    numbers = [n for indices, _ in parts for n in indices]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"wrt must name no array twice; got {wanted}")
    return parts


def _numbers(path: str, claim: Any) -> npt.NDArray[Any]:
    """The gradient by one leaf as an array of numbers or of objects, whatever array, list or number it came as."""
    if claim is None:
        raise ValueError(f"gradient by {path} must be an array; got None (to hold it fixed, leave it out of wrt)")
    if hasattr(claim, "dtype") and np.dtype(claim.dtype).kind in "fiub" and np.dtype(claim.dtype).itemsize <= 8:
        return np.asarray(claim)
    try:
        array = np.asarray(claim, dtype=object)
    except ValueError:
        raise ValueError(f"gradient by {path} must be an array; got a ragged {type(claim).__name__}") from None
    flat = np.empty(array.size, dtype=object)
    flat[:] = [entry if isinstance(entry, Ball) else _number(path, entry) for entry in array.reshape(-1).tolist()]
    return flat.reshape(array.shape)


def _number(path: str, entry: Any) -> Any:
    number = entry.item() if hasattr(entry, "item") else entry
    if enclosure(number) is NotImplemented:
        raise TypeError(f"gradient by {path} must be an array of real numbers; got {type(number).__name__} {number!r}")
    return number


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
    if isinstance(leaf, np.ndarray) and type(leaf) is not np.ndarray:
        raise TypeError(f"{path} must be a plain array; got {type(leaf).__name__}")
    if values.dtype.kind == "c":
        raise TypeError(f"{path} is complex, which is not offered: pass its real and its imaginary part")
    if values.dtype.kind not in "fiub" or values.dtype.itemsize > 8:
        got = f"an array of dtype {values.dtype}" if hasattr(leaf, "dtype") else type(leaf).__name__
        raise TypeError(
            f"{path} must be a real array or number of at most 64 bits, or a tuple, list, dict or NamedTuple of such;"
            f" got {got}"
        )
    if not np.isfinite(values).all():
        first = tuple(int(n) for n in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"{path} must be finite for a verdict; got {values[first]} at index {first}")
    return values
