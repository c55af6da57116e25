"""NumPy's contractions of two arrays, as products of matrices and of elements.

Each returns `None` for what is no such product of two arrays: NumPy's own code then takes the elements one by one.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bptt.balls._context import count_operations
from bptt.balls._operand import read
from bptt.balls._outer_sums import multiply_later
from bptt.balls._passes import apply_to_operands
from bptt.balls._products import multiply


def _multiply_last(a: Any, b: Any) -> Any:
    """Return a · b, as `np.dot` has it, of vectors and matrices."""
    return multiply(a, b, np.dot) if a.ndim in (1, 2) and b.ndim in (1, 2) else None


def _multiply_rows(a: Any, b: Any) -> Any:
    return a @ b.T if a.ndim in (1, 2) and b.ndim in (1, 2) else None


def _multiply_all(a: Any, b: Any) -> Any:
    return a.reshape(-1) @ b.reshape(-1)


def _multiply_outer(a: Any, b: Any) -> Any:
    left, right = read(a), read(b)
    if left is not None and right is not None and left.is_array and right.is_array:
        result = multiply_later(left, right)
        if result is None:
            result = apply_to_operands(np.multiply, left.reshape(-1, 1), right.reshape(1, -1))
        if result is not None:
            count_operations(result.size)
            return result
    return a.reshape(-1, 1) * b.reshape(1, -1)


def _multiply_along_axes(a: Any, b: Any, axes: Any = 2) -> Any:
    if isinstance(axes, int | np.integer):
        of_a: Sequence[int] = range(a.ndim - int(axes), a.ndim)
        of_b: Sequence[int] = range(int(axes))
    else:
        of_a, of_b = ([axis] if np.ndim(axis) == 0 else list(axis) for axis in axes)
    of_a, of_b = [axis % a.ndim for axis in of_a], [axis % b.ndim for axis in of_b]
    if [a.shape[axis] for axis in of_a] != [b.shape[axis] for axis in of_b]:
        return None
    free_a, free_b = ([k for k in range(x.ndim) if k not in of_x] for x, of_x in ((a, of_a), (b, of_b)))
    terms = math.prod(a.shape[axis] for axis in of_a)
    left = a.transpose([*free_a, *of_a]).reshape(-1, terms)
    right = b.transpose([*of_b, *free_b]).reshape(terms, -1)
    return (left @ right).reshape([a.shape[k] for k in free_a] + [b.shape[k] for k in free_b])[()]


def _sum_by_labels(labels: Any, *operands: Any, optimize: Any = False) -> Any:  # noqa: ARG001  (of more than two)
    """Contract two arrays by the labels of their axes: those of both are summed, or run along both."""
    if not isinstance(labels, str) or len(operands) != 2 or "." in labels:
        return None
    given, arrow, wanted = labels.replace(" ", "").partition("->")
    (of_a, _, of_b), (a, b) = given.partition(","), operands
    if not arrow:
        wanted = "".join(sorted(x for x in {*of_a, *of_b} if (of_a + of_b).count(x) == 1))
    if any(len(set(axes)) < len(axes) for axes in (of_a, of_b, wanted)) or (len(of_a), len(of_b)) != (a.ndim, b.ndim):
        return None
    if {*of_a, *of_b} - {*wanted} - ({*of_a} & {*of_b}) or {*wanted} - {*of_a, *of_b}:
        return None  # an axis of one array alone is summed
    along = [x for x in of_a if x in of_b and x in wanted]
    summed = [x for x in of_a if x in of_b and x not in wanted]
    free_a, free_b = [x for x in of_a if x not in of_b], [x for x in of_b if x not in of_a]
    sizes = {**dict(zip(of_b, b.shape, strict=True)), **dict(zip(of_a, a.shape, strict=True))}
    if any(sizes[x] != n for x, n in zip(of_b, b.shape, strict=True)):
        return None

    def arrange(x: Any, axes: str, *groups: Sequence[str]) -> Any:
        order = [axes.index(label) for group in (along, *groups) for label in group]
        return x.transpose(order).reshape([sizes[x] for x in along] + [_count(group) for group in groups])

    def _count(group: Sequence[str]) -> int:
        return math.prod(sizes[x] for x in group)

    if summed:
        product = arrange(a, of_a, free_a, summed) @ arrange(b, of_b, summed, free_b)
    else:
        product = arrange(a, of_a, free_a)[..., :, None] * arrange(b, of_b, free_b)[..., None, :]
    axes = [*along, *free_a, *free_b]
    return product.reshape([sizes[x] for x in axes]).transpose([axes.index(x) for x in wanted])[()]


CONTRACTIONS: dict[Any, Callable[..., Any]] = {
    np.dot: _multiply_last,
    np.inner: _multiply_rows,
    np.vdot: _multiply_all,
    np.outer: _multiply_outer,
    np.tensordot: _multiply_along_axes,
    np.einsum: _sum_by_labels,
}
