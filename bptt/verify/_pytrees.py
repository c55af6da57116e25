"""Arguments as trees of named arrays: those of Python's own containers, and of classes that JAX knows as pytrees."""

import functools
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import optree

_NAMESPACE = "bptt"  # of the registrations in optree, which no other program sees


def flatten_with_accessors(tree: Any) -> tuple[list[optree.PyTreeAccessor], list[Any], optree.PyTreeSpec]:
    """Return where the leaves are, the leaves, and the structure."""
    while True:
        accessors, leaves, structure = optree.tree_flatten_with_accessor(tree, namespace=_NAMESPACE)
        unknown: set[Any] = {type(leaf) for leaf in leaves if _is_node_of_jax(leaf)}
        if not unknown:
            return accessors, leaves, structure
        for cls in unknown:
            _register(cls)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Return the tree with what a function makes of its leaves; what stands for nothing stays."""
    _, leaves, structure = flatten_with_accessors(tree)
    return structure.unflatten([function(leaf) for leaf in leaves])


def holds_arrays_of_jax(returned: Any) -> bool:
    """Whether some leaf of what a function returned is an array of JAX's."""
    if "jax" not in sys.modules:
        return False
    return any(isinstance(leaf, sys.modules["jax"].Array) for leaf in flatten_with_accessors(returned)[1])


def get_values(leaf: Any) -> npt.NDArray[Any]:
    """Return a leaf as an array of NumPy's; a random key as the integers that it is."""
    if _is_array_of_jax(leaf) and _jax().dtypes.issubdtype(leaf.dtype, _jax().dtypes.extended):
        return np.asarray(_jax().random.key_data(leaf))
    return np.asarray(leaf)


def _jax() -> Any:
    return sys.modules["jax"]


def _is_array_of_jax(leaf: Any) -> bool:
    return "jax" in sys.modules and isinstance(leaf, _jax().Array)


def _is_node_of_jax(leaf: Any) -> bool:
    """Whether JAX sees more in it than a leaf."""
    if "jax" not in sys.modules or hasattr(leaf, "dtype") or isinstance(leaf, int | float | str):
        return False
    return not _jax().tree_util.treedef_is_leaf(_jax().tree.structure(leaf))


@functools.cache
def _register(cls: type) -> None:
    """Have optree see what JAX sees in the objects of a class."""

    def flatten(node: Any) -> tuple[Sequence[Any], Any, Sequence[Any]]:
        children, structure = _jax().tree_util.tree_flatten_with_path(node, is_leaf=lambda other: other is not node)
        entries = [getattr(path[-1], "name", getattr(path[-1], "key", n)) for n, (path, _) in enumerate(children)]
        return [child for _, child in children], structure, entries

    optree.register_pytree_node(
        cls,
        flatten,
        lambda structure, children: _jax().tree_util.tree_unflatten(structure, children),
        path_entry_type=optree.GetAttrEntry,
        namespace=_NAMESPACE,
    )
