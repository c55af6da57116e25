"""Gradients that are the true one times what f computed somewhere, entry by entry: a forgotten division, say."""

import math
from collections.abc import Iterator

from flint import arb

from bptt.verify.diagnosis._graph import Graph
from bptt.verify.diagnosis._kind import Form, Kind
from bptt.verify.diagnosis._sites import Sites
from bptt.verify.diagnosis._values import Arbs, Values, is_zero, list_entries, make_arbs

_MOST_TRIED = 500  # arrays


def find_multiples(values: Values, graph: Graph, sites: Sites) -> Iterator[Kind]:
    """Yield what the true gradient may be multiplied or divided by, an array that is broadcast as NumPy does."""
    if is_zero(values.true) or any(x.contains(0) for x in list_entries(values.true)):
        return
    ratio = list_entries(values.by_hand)[0] / list_entries(values.true)[0]
    for key in list(sites.results)[:_MOST_TRIED]:
        numbers = [graph.nodes[n].value for n in sites.list_results(key)]
        if not numbers or not sites.is_known(key):
            continue
        is_factor, is_divisor = _is_near(ratio, numbers[0]), _is_near(ratio * numbers[0], arb(1))
        for array in _broadcast(numbers, values.true.shape) if is_factor or is_divisor else ():
            if is_factor and values.equal(values.true * array):
                yield Form.MULTIPLIED.describe(how="multiplied by", what=sites.describe(key))
            if is_divisor and values.equal(values.true / array):
                yield Form.MULTIPLIED.describe(how="divided by", what=sites.describe(key))


def _broadcast(numbers: list[arb], shape: tuple[int, ...]) -> Iterator[Arbs]:
    """Yield an array of that shape for each way in which numbers may be those of its first axes, or of its last."""
    for k in range(len(shape) + 1):
        leading, trailing = shape[:k], shape[k:]
        if len(numbers) == math.prod(leading):
            yield make_arbs([x for x in numbers for _ in range(math.prod(trailing))], shape)
        elif len(numbers) == math.prod(trailing):
            yield make_arbs(numbers * math.prod(leading), shape)


def _is_near(one: arb, other: arb) -> bool:
    """Whether two numbers are the same but for roundings, which is quickly seen."""
    return abs(float(one) - float(other)) <= 1e-7 * abs(float(other))
