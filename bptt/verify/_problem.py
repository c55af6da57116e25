"""What is to be judged: a function, a rule that claims to be its gradient, and where, as a tree of named arrays."""

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import optree
from flint import arb

from bptt.balls import Ball, BallArray, make_ball_array
from bptt.verify._pytrees import flatten_with_accessors, get_values
from bptt.verify._returned import Claims, find_shape, refuse_tensor, require_numbers

Function: TypeAlias = Callable[..., Any]
Method: TypeAlias = Literal["auto", "balls", "floats"]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]

_MOST_NAMES = 20  # that an error lists: a model may have thousands of arrays
_LONGEST_STRUCTURE = 300  # characters of one that an error shows


@functools.cache
def _halve_smallest(dtype: Any) -> arb:
    info = np.finfo(dtype)
    return arb(2) ** (int(info.minexp) - int(info.nmant) - 1)


class Leaf(NamedTuple):
    """One array among the arguments. Integers and booleans are passed on as they are and not differentiated."""

    path: str  # as one would write it in Python: params['W'], weights.cell.U
    given: Any
    values: npt.NDArray[Any]
    chosen: bool = True  # or held fixed, since `wrt` does not name it

    @property
    def differentiable(self) -> bool:
        return self.chosen and self.values.dtype.kind == "f"

    @property
    def is_of_jax(self) -> bool:
        """Whether it was given as an array of JAX's."""
        return "jax" in sys.modules and isinstance(self.given, sys.modules["jax"].Array)

    @property
    def bits(self) -> int:
        """Of the mantissa of its floats."""
        return int(np.finfo(self.values.dtype).nmant) + 1

    @property
    def half_of_smallest(self) -> arb:
        """Half the smallest positive number of its float type: what is less underflows to 0."""
        return _halve_smallest(self.values.dtype)

    def copy(self) -> Any:
        """Return the leaf as it was given, an array copied in its own order."""
        return self.given.copy(order="K") if isinstance(self.given, np.ndarray) else self.given

    def replace_values(self, values: npt.NDArray[Any]) -> Any:
        """Return other values of that shape as what was given: an array, of NumPy's or JAX's, or a plain number."""
        if self.is_of_jax:
            return sys.modules["jax"].numpy.asarray(values) if self.values.dtype.kind == "f" else self.given
        return values if hasattr(self.given, "dtype") else values[()].item()

    def convert_to_balls(
        self,
        make: Callable[[arb, Any], Ball],
        fixed: Callable[[arb, Any], Ball] | None = None,
        steps: Sequence[arb] | None = None,
    ) -> Any:
        """Return the leaf as an object array of exact balls, or as a single ball if a scalar was given.

        `make` takes a number and the float that stands for it; `fixed` makes them if the leaf is held fixed and is to
        be something else then. `steps` are added to the numbers, not to the floats, if it is not held fixed.
        """
        if self.values.dtype.kind != "f":
            return self.copy()
        make = make if self.chosen else fixed or make
        if not isinstance(self.given, np.ndarray) and self.values.ndim == 0:
            number = self.values[()] if hasattr(self.given, "dtype") else float(self.values)
            return make(arb(float(number)) + (steps[0] if steps and self.chosen else 0), number)
        numbers = [arb(x) for x in self.values.reshape(-1).tolist()]
        if steps and self.chosen:
            numbers = [x + step for x, step in zip(numbers, steps, strict=True)]
        balls = make_ball_array(list(map(make, numbers, self.values.reshape(-1))), self.values.shape)
        if not self.values.flags.f_contiguous or self.values.flags.c_contiguous:
            return balls
        return np.asarray(balls.view(np.ndarray), order="F").view(BallArray)


class Arguments:
    """The positional arguments of f, flattened; those that `wrt` names, by argument or path, are differentiated.

    Raises `TypeError` for an argument that holds something other than real arrays and numbers, and `ValueError` for
    NaN or infinity among them, for a name that is none of theirs, or when nothing is left to differentiate.
    """

    def __init__(self, f: Function, arguments: Sequence[Any], wrt: str | Sequence[str] | None = None) -> None:
        if not isinstance(arguments, tuple):
            raise TypeError(
                "at must be the tuple of f's arguments, (x,) for a single one, or a Hypothesis strategy for them; got"
                f" {type(arguments).__name__}"
            )
        names = self.names = _name_parameters(f, len(arguments))
        tree: Any = tuple(arguments)
        accessors, given, self._spec = flatten_with_accessors(tree)
        paths = [names[accessor[0].entry] + accessor[1:].codify("") for accessor in accessors]
        parts = _select_parts(tree, accessors, names, wrt)
        self._alone = isinstance(wrt, str) or (wrt is None and len(arguments) == 1)
        self._one_for_each = "argument of f" if wrt is None else "name in wrt"
        by_part: Any = tuple(subtree for _, subtree in parts)
        self._parts_spec = flatten_with_accessors(by_part)[2]
        self._order = [n for indices, _ in parts for n in indices]
        self.leaves = [
            Leaf(path, leaf, _require_real_array(path, leaf), chosen=n in self._order)
            for n, (path, leaf) in enumerate(zip(paths, given, strict=True))
        ]
        if not any(leaf.differentiable for leaf in self.leaves):
            kinds = ", ".join(f"{leaf.path}: {leaf.values.dtype}" for leaf in self.leaves) or "no array at all"
            among = "at must hold" if wrt is None else f"wrt must name, and at hold, with wrt={wrt!r},"
            raise ValueError(f"{among} at least one array of floats to differentiate by; got {kinds}")

    @property
    def differentiable(self) -> list[tuple[int, Leaf]]:
        """The leaves that are differentiated, each with its number among all."""
        return [(n, leaf) for n, leaf in enumerate(self.leaves) if leaf.differentiable]

    @property
    def bits(self) -> int:
        """Of the mantissa of the coarsest float type given."""
        return min(int(t.nmant) + 1 for t in self.float_types)

    @property
    def float_types(self) -> list[Any]:
        """Of the arrays of floats, as `np.finfo` describes them."""
        return [np.finfo(leaf.values.dtype) for leaf in self.leaves if leaf.values.dtype.kind == "f"]

    def convert_to_jax(self) -> "Arguments":
        """Return the same arguments, their arrays of floats JAX's."""
        import jax.numpy as jnp

        converted = copy.copy(self)
        converted.leaves = [
            leaf._replace(given=jnp.asarray(leaf.given)) if leaf.values.dtype.kind == "f" and leaf.values.ndim else leaf
            for leaf in self.leaves
        ]
        return converted

    def replace_values(self, values: Sequence[npt.NDArray[Any]]) -> "Arguments":
        """Return arguments of the same structure and shapes that have these values, an array for each leaf."""
        moved = copy.copy(self)
        moved.leaves = [
            leaf._replace(given=leaf.replace_values(x), values=x) for leaf, x in zip(self.leaves, values, strict=True)
        ]
        return moved

    def choose(self, is_chosen: Callable[[int], bool]) -> "Arguments":
        """Return the same arguments, differentiated by the leaves of these numbers and by no other."""
        chosen = copy.copy(self)
        chosen.leaves = [leaf._replace(chosen=is_chosen(n)) for n, leaf in enumerate(self.leaves)]
        return chosen

    def copy(self) -> Any:
        """Return the arguments as they were given, arrays copied."""
        return self.rebuild([leaf.copy() for leaf in self.leaves])

    def make_leaves(self) -> list[Any]:
        """Return copies of the leaves as they were given, but JAX's arrays of the length that JAX now computes in."""
        return [leaf.replace_values(leaf.values) if leaf.is_of_jax else leaf.copy() for leaf in self.leaves]

    def place(self, values: Sequence[npt.NDArray[Any]]) -> Any:
        """Return the arguments as they were given, but with these values, none of them copied."""
        return self.rebuild([leaf.replace_values(x) for leaf, x in zip(self.leaves, values, strict=True)])

    def rebuild(self, leaves: Sequence[Any]) -> Any:
        """Return the arguments with other leaves in the same places."""
        return self._spec.unflatten(leaves)

    def flatten(self, arguments: Any) -> list[Any]:
        """Return the leaves of something of the same structure; `None` where that has none."""
        return self._spec.flatten_up_to(arguments)

    def match(self, gradient: Any) -> list[Claims]:
        """Return the gradient by each leaf as an array of numbers or balls, an empty one if it is not differentiated.

        Raises `ValueError` for another structure than the arguments', and `TypeError` for what is no real number.
        """
        count = self._parts_spec.num_children
        self._refuse_pair(gradient)
        if self._alone:
            if isinstance(gradient, tuple) and len(gradient) == 1 and self._parts_spec.num_leaves == 1:
                raise ValueError("gradient must return the gradient by the single argument itself; got a tuple of 1")
        elif not isinstance(gradient, tuple | list):
            raise ValueError(
                f"gradient must return a tuple of {count}, one for each {self._one_for_each}; got"
                f" {type(gradient).__name__}"
            )
        parts = [gradient] if self._alone else gradient
        try:
            claims = self._flatten_gradient(gradient)
        except ValueError:
            raise ValueError(
                f"gradient must have the structure of f's arguments, {_describe(self._parts_spec)};"
                f" got {_describe(flatten_with_accessors(tuple(parts))[2])}"
            ) from None
        by_leaf = dict(zip(self._order, claims, strict=True))
        return [
            require_numbers(leaf.path, by_leaf[n]) if leaf.differentiable else np.empty(0)
            for n, leaf in enumerate(self.leaves)
        ]

    def _flatten_gradient(self, gradient: Any) -> list[Any]:
        """Return what it has for each leaf, in the order of `wrt`; raises `ValueError` for another structure."""
        parts: Any = (gradient,) if self._alone else tuple(gradient)
        return self._parts_spec.flatten_up_to(parts)

    def _refuse_pair(self, gradient: Any) -> None:
        """Raise `ValueError` for the value of f beside the gradient, or something else beside it."""
        if not isinstance(gradient, tuple | list) or len(gradient) != 2 or self._fits(gradient):
            return
        first, second = gradient
        if find_shape(first) == () and self._fits(second):
            beside, n = "the value of f before it, as value_and_grad does", 1
        elif self._fits(first):
            beside, n = "something else after it, as with has_aux", 0
        else:
            return
        raise ValueError(
            f"gradient must return the gradient alone; got a {type(gradient).__name__} of 2 with {beside}: pass"
            f" lambda *arguments: gradient(*arguments)[{n}]"
        )

    def _fits(self, gradient: Any) -> bool:
        """Whether something has the structure of a gradient and the shapes of its arrays."""
        try:
            claims = self._flatten_gradient(gradient)
        except (TypeError, ValueError):
            return False
        shapes = [self.leaves[n].values.shape for n in self._order if self.leaves[n].differentiable]
        found = [claim for n, claim in zip(self._order, claims, strict=True) if self.leaves[n].differentiable]
        return all(find_shape(claim) == shape for claim, shape in zip(found, shapes, strict=True))


@dataclass(frozen=True)
class Problem:
    """Is `rule` the gradient of `f` at these arguments? What everything below the interface takes.

    Both are called by `call_f` and `call_rule`, which seed NumPy's generator, so that noise drawn from it is the same.
    """

    f: Function
    rule: Function
    arguments: Arguments
    method: Method = "auto"
    seed: int = 0
    written: tuple[Function, ...] = ()  # by the caller, where f and the rule wrap these

    @property
    def functions(self) -> tuple[Function, ...]:
        """What the caller wrote, and what may close over data."""
        return self.written or (self.f, self.rule)

    def call_f(self, *arguments: Any) -> Any:
        """Return what f returns, NumPy's generator seeded before."""
        np.random.seed(self.seed)  # noqa: NPY002
        return self.f(*arguments)

    def call_rule(self, *arguments: Any) -> Any:
        """Return what the rule returns, NumPy's generator seeded before."""
        np.random.seed(self.seed)  # noqa: NPY002
        return self.rule(*arguments)


def _select_parts(
    arguments: Any, accessors: Sequence[Any], names: Sequence[str], wrt: str | Sequence[str] | None
) -> list[tuple[list[int], Any]]:
    """Find for each argument, or each name in `wrt`, the numbers of its leaves and the tree that it is."""
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
            known = ", ".join(list(subtrees)[:_MOST_NAMES])
            raise ValueError(f"wrt must name arguments of f or arrays in them ({known}); got {name!r}")
    parts = [subtrees[name] for name in wanted]
    numbers = [n for indices, _ in parts for n in indices]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"wrt must name no array twice; got {wanted}")
    return parts


def _describe(structure: optree.PyTreeSpec) -> str:
    """Describe a structure, with a star for every array."""
    text = str(structure).removeprefix("PyTreeSpec(").removesuffix(")")
    return text if len(text) <= _LONGEST_STRUCTURE else text[:_LONGEST_STRUCTURE] + " …"


def _name_parameters(f: Function, count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # builtins have no signature
        parameters = []
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return named[:count] if len(named) >= count else [f"argument_{n}" for n in range(count)]


def _require_real_array(path: str, leaf: Any) -> npt.NDArray[Any]:
    refuse_tensor(path, leaf)
    values = get_values(leaf)
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
