"""What kind of mistake a wrong gradient is, by what it leaves out of the true one, or counts twice.

The true gradient is a sum over the paths by which an entry acts on f (`_graph`). Each kind is a hypothesis that the
gradient by hand is a certain part of that sum: without the contribution of one step, without the paths that go back
more than k steps, without those through one line of the code of f. Each is computed on balls, and holds or does not.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb

from bptt.balls import Place
from bptt.verify.diagnosis._by_factor import rewire_entries, rewire_factors
from bptt.verify.diagnosis._by_multiple import find_multiples
from bptt.verify.diagnosis._by_slope import rewire_slopes
from bptt.verify.diagnosis._by_use import rewire_executions, rewire_uses
from bptt.verify.diagnosis._graph import Edge, Graph
from bptt.verify.diagnosis._kind import Form, Kind, name_step
from bptt.verify.diagnosis._loops import Loop, Use, find_loops
from bptt.verify.diagnosis._rewiring import Family, Rewiring, Rewirings, Version
from bptt.verify.diagnosis._sites import Sites
from bptt.verify.diagnosis._values import Arbs, Values, find_ratio, is_zero, make_arbs, round_to_fraction

_MOST_WORK = 1_000_000  # nodes of a graph times the ways through it that are looked at: some seconds
_MOST_READERS = 6  # expressions into which something is carried, that are listed in one sentence


class PathHypotheses:
    """What the gradients of f are without some of their paths, computed when it is first asked for."""

    def __init__(
        self, graph: Graph, arrays: Mapping[str, npt.NDArray[Any]], by_hand: Sequence[Arbs], sizes: Mapping[str, int]
    ) -> None:
        self._graph = graph
        loops = [loop for loop in find_loops(graph) if len(set(loop.clock)) * len(loop.clock) <= _MOST_WORK]
        self._loops = [(loop, loop.find_uses()) for loop in loops]
        sites = Sites(graph, list(arrays))
        of_slopes = "slope missing, other slope, factor missing, changed on the way"
        of_factors = "factor missing, other factor, changed on the way, shifted, path missing"
        families = [
            Family("path missing, path doubled", partial(_rewire_ways, graph, list(arrays), loops)),
            Family("transpose on the way", partial(_rewire_transposes, graph, arrays)),
            Family("last use, execution missing", partial(rewire_uses, graph, sites)),
            Family("execution missing", partial(rewire_executions, graph, sites)),
            Family(of_slopes, partial(rewire_slopes, graph, sites, loops)),
            Family(of_factors, partial(rewire_factors, graph, sites, sizes)),
            Family("entry by entry", partial(rewire_entries, graph, sites)),
        ]
        self._rewirings = Rewirings(graph, families, by_hand)
        self._sites = sites

    def find_kinds(self, values: Values, wanted: Collection[Kind] | None = None) -> Iterator[Kind]:
        """Yield every kind that the gradient by this array is of, or of those that are wanted alone."""
        if not values.has_same_shape or (wanted is None and is_zero(values.by_hand)):
            return  # zeros alone say nothing of how they came about
        for loop, uses in self._loops:
            place = str(loop.place)
            for kind in (*_find_kinds_of_steps(values, loop, uses[values.number]), *self._find_pieces(values, loop)):
                yield kind if len(self._loops) == 1 else kind.extend(f", in the loop of {place}", {"loop": place})
        if wanted is None or any(kind.name == Form.MULTIPLIED.kind for kind in wanted):
            yield from find_multiples(values, self._graph, self._sites)
        yield from self._rewirings.find_kinds(values, wanted)

    def _find_pieces(self, values: Values, loop: Loop) -> Iterator[Kind]:
        """Look for back-propagation that stops at every k-th step, and for one that stops at one step alone."""
        clock = loop.clock
        last = max(step for step in clock if step is not None)
        if 2 * last * len(clock) > _MOST_WORK:
            return
        carried = [edge for edge in self._graph.edges if loop.measure_length(*edge) > 0]
        nows, thens = np.array([[clock[n] for n in edge] for edge in carried], dtype=int).reshape(-1, 2).T

        def stops_at(chosen: Any) -> bool:
            gradient = self._graph.cut(edge for edge, is_cut in zip(carried, chosen, strict=True) if is_cut)
            return values.equal(make_arbs(gradient[values.number], values.true.shape))

        for k in range(2, (last + 1) // 2 + 1):
            for offset, counted in ((0, ""), (-last - 1, ", counted from the last")):
                if stops_at((nows + offset) // k != (thens + offset) // k):
                    yield Form.IN_PIECES.describe(steps=k, counted=counted)
        for step in range(1, last + 1):
            if stops_at((thens < step) & (step <= nows)):
                for name in name_step(step, last):
                    yield Form.PATH_MISSING.describe(way=f"what is carried back out of {name}")


def _rewire_ways(graph: Graph, paths: Sequence[str], loops: Sequence[Loop]) -> Iterator[Rewiring]:
    """Yield f without each way through it, with that alone, and with it twice."""
    for way, edges in _find_ways(graph, paths, loops).items():
        cut = set(edges)
        kept = {n: [edge for edge in graph.nodes[n].sources if (n, edge[0]) not in cut] for n, _ in cut}
        missing, doubled = Form.PATH_MISSING.describe(way=way), Form.PATH_DOUBLED.describe(way=way)
        alone = Version(Form.PATH_ALONE.describe(way=way), rank=(1, 0), of_true=1, of_this=-1)
        yield Rewiring((), kept, [Version(missing), alone, Version(doubled, of_true=2, of_this=-1)])


def _find_ways(graph: Graph, paths: Sequence[str], loops: Sequence[Loop]) -> dict[str, list[Edge]]:
    """Find ways through f: a use of an argument, back in time, through a place in the code, from one to another."""
    nodes = graph.nodes
    loop = loops[0] if len(loops) == 1 else None
    beside, used, through, between = (defaultdict[Any, list[Edge]](list) for _ in range(4))
    carried = defaultdict[Place, dict[Place | None, list[Edge]]](dict)  # from an expression to its readers
    for edge in graph.edges:
        node, source = nodes[edge[0]], nodes[edge[1]]
        places, of_source = node.origin.places, source.origin.places
        if source.leaf is not None:
            for other in {nodes[k].leaf for k, _ in node.sources} - {None, source.leaf}:
                beside[source.leaf, other].append(edge)
            for place in places:
                used[source.leaf, place].append(edge)
        for place in places:
            if place not in of_source:
                through[place].append(edge)
        if edge[0] not in graph.outermost_sums and graph.execution_of[edge[0]] != graph.execution_of[edge[1]]:
            for into, of in product(places, of_source):  # expressions with expressions and lines with lines
                if into.is_line == of.is_line and (into == of or into not in of_source):
                    between[of, into].append(edge)
        if loop and source.expression and loop.measure_length(*edge) > 0 and loop.is_handed_on(edge[1]):
            carried[source.expression].setdefault(node.expression, []).append(edge)
    ways = {f"the use of {paths[leaf]} with {paths[other]}": beside[leaf, other] for leaf, other in beside}
    ways |= {f"the use of {paths[leaf]} in {place}": used[leaf, place] for leaf, place in used}
    for of, by_reader in carried.items():  # to all that read it at the next step, and to each of those
        way = f"what is carried to the next step out of {of}, into"
        readers = [into for into in by_reader if into is not None]
        if 1 < len(readers) <= _MOST_READERS:
            named = ", ".join(dict.fromkeys(f"`{into.source}`" for into in readers))
            ways[f"{way} {named}"] = [edge for edges in by_reader.values() for edge in edges]
        ways |= {f"{way} {into}": by_reader[into] for into in readers}
    in_order = sorted(through, key=lambda place: (place.file, place.number, place.is_line, place.columns))
    ways |= {f"what goes through {place}": through[place] for place in in_order}  # expressions before their line
    return ways | {f"what goes from {of} into {into}": between[of, into] for of, into in between}


def _rewire_transposes(graph: Graph, arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[Rewiring]:
    """Yield f with W δ on the way back where it should be the transpose of W; or with W reversed."""
    for number, (path, array) in enumerate(arrays.items()):
        products = dict(graph.find_products(number)) if array.ndim and array.dtype.kind == "f" else {}
        kept = {n: [edge for edge in graph.nodes[n].sources if (n, edge[0]) not in products] for n, _ in products}
        versions = []
        for kind, changed in _turn(array, path) if products else ():
            numbers = changed.reshape(-1)[list(products.values())].tolist()
            versions.append(Version(kind, partial(list, [arb(x) for x in numbers])))
        if versions:
            yield Rewiring(list(products), kept, versions)


def _turn(array: npt.NDArray[Any], path: str) -> Iterator[tuple[Kind, npt.NDArray[Any]]]:
    """Yield an array as people have it by mistake where they multiply by it."""
    if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
        yield Form.TRANSPOSE_ON_THE_WAY.describe(path=path), np.swapaxes(array, -1, -2)
    for axis in range(array.ndim if array.size > 1 else 0):
        yield Form.FLIPPED_ON_THE_WAY.describe(path=path, axes=f"axis {axis}"), np.flip(array, axis)
    if array.ndim > 1:
        yield Form.FLIPPED_ON_THE_WAY.describe(path=path, axes="its last two axes"), np.flip(array, (-1, -2))


def _find_kinds_of_steps(values: Values, loop: Loop, uses: Sequence[Sequence[Use]]) -> Iterator[Kind]:
    by_length, by_step = (defaultdict[int, list[arb]](lambda: [arb(0)] * len(uses)) for _ in range(2))
    for entry, of_entry in enumerate(uses):
        for use in of_entry:
            for length, adjoint in use.adjoints.items():
                contribution = use.partial * adjoint
                by_length[length][entry] += contribution
                if use.step is not None:
                    by_step[use.step][entry] += contribution
    shape = values.true.shape
    part: Arbs | int = 0
    for longest in sorted(by_length)[:-1]:
        part = make_arbs(by_length[longest], shape) + part
        if values.equal(part):
            steps = "one step" if longest == 1 else f"{longest} steps"
            yield Form.NOT_CARRIED.describe() if longest <= 0 else Form.TRUNCATED.describe(steps=steps)
    if len(by_step) > 1:
        last = max(step for step in (*loop.clock, *by_step) if step is not None)
        for step in sorted(by_step):
            yield from _find_kinds_of_one_step(values, make_arbs(by_step[step], shape), name_step(step, last))
        yield from _find_steps_beside(values, uses, sorted(by_step))


def _find_kinds_of_one_step(values: Values, part: Arbs, names: Sequence[str]) -> Iterator[Kind]:
    if is_zero(part):
        return
    if values.equal(part):
        for name in names:
            yield Form.LAST_WRITE.describe(step=name)
    ratio = find_ratio(values.by_hand - values.true, part, values.bits)
    factor = None if ratio is None else round_to_fraction(ratio)
    if factor is None or f"{1 + factor:.6g}" == "1":
        return
    form = {-1.0: Form.STEP_MISSING, 1.0: Form.STEP_DOUBLED}.get(factor, Form.STEP_SCALED)
    for name in names:
        yield form.describe(step=name, factor=f"{1 + factor:.6g}")


def _find_steps_beside(values: Values, uses: Sequence[Sequence[Use]], steps: Sequence[int]) -> Iterator[Kind]:
    """Look for the cotangent of each step beside what a step before or after it was multiplied by."""
    at_steps = [[[use for use in of_entry if use.step == step] for step in steps] for of_entry in uses]
    if any(len(set(map(len, of_entry))) != 1 for of_entry in at_steps):
        return  # some entry is not used equally often at each step
    for by, beside, having_one in ((-1, "before", slice(1, None)), (1, "after", slice(-1))):
        contributions = [list(map(_sum_products, of_entry, of_entry[by:] + of_entry[:by])) for of_entry in at_steps]
        for form, counted in ((Form.STEP_BESIDE_CYCLICALLY, slice(None)), (Form.STEP_BESIDE, having_one)):
            entries = [sum(of_entry[counted], arb(0)) for of_entry in contributions]
            if values.equal(make_arbs(entries, values.true.shape)):
                yield form.describe(beside=beside)


def _sum_products(uses: Sequence[Use], others: Sequence[Use]) -> arb:
    """Sum the adjoints of these uses, each times the partial derivative of the other one."""
    pairs = zip(uses, others, strict=True)
    return sum((adjoint * other.partial for use, other in pairs for adjoint in use.adjoints.values()), arb(0))
