"""Mistakes in the slope of what one place in the code of f computes: left out, that of another function, elsewhere."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from flint import arb

from bptt.verify.diagnosis._functions_of_one import SLOPES, Function, FunctionsOfOne
from bptt.verify.diagnosis._graph import Edge, Graph
from bptt.verify.diagnosis._kind import Form
from bptt.verify.diagnosis._loops import Loop
from bptt.verify.diagnosis._rewiring import Rewiring, Version
from bptt.verify.diagnosis._sites import Key, Sites

_MOST_OTHERS = 24  # arrays at whose values one slope is taken
_MOST_BACK = 500  # numbers between a state and what was carried into it

_ZERO, _ONE = arb(0), arb(1)
CHANGES: dict[str, Callable[[arb], arb]] = {
    "negated": lambda w: -w,
    "halved": lambda w: w / 2,
    "doubled": lambda w: 2 * w,
}
CHANGES_OF_FACTORS: dict[str, Callable[[arb], arb]] = {"squared": lambda w: w * w, "inverted": lambda w: 1 / w}


def map_lazily(function: Callable[..., arb], *numbers: Sequence[arb]) -> Callable[[], list[arb]]:
    """Return what returns the values of a function."""
    return lambda: list(map(function, *numbers))


def rewire_slopes(graph: Graph, sites: Sites, loops: Sequence[Loop]) -> Iterator[Rewiring]:
    """Yield hypotheses on what is computed at one place as a function of one number, and on what is chosen there."""
    functions = FunctionsOfOne(graph)
    for key in sites.places_known:
        results = sites.list_results(key)
        found = {n: list(functions.trace_back(n)) for n in results}
        for of in _find_common_arguments(sites, key, found):
            pairs = [next((level, f) for level, f in enumerate(found[n]) if sites.of[f.of] == of) for n in results]
            yield _rewire_function(graph, sites, (key, of), results, pairs)
        if not all(graph.nodes[n].origin.linear for n in results):
            for loop in loops:
                yield from _rewire_carried(graph, sites, loop, key, found)
    yield from _rewire_choices(graph, sites)


def _find_common_arguments(sites: Sites, key: Key, found: Mapping[int, Sequence[Function]]) -> list[Key]:
    """Return the sites elsewhere of which all that is computed at this one is a function, the nearest first."""
    others = [{sites.of[f.of]: f for f in reversed(functions)} for functions in found.values()]
    common = [of for of in reversed(others[0]) if of != key and all(of in some for some in others)] if others else []
    return [of for of in common if not all(some[of].adds_nothing for some in others)]


def _rewire_function(
    graph: Graph, sites: Sites, keys: tuple[Key, Key], results: Sequence[int], pairs: Sequence[tuple[int, Function]]
) -> Rewiring:
    """Try other slopes of one function of another."""
    key, of = keys
    reach = max(level for level, _ in pairs)
    is_direct = reach == 0
    distance = -1 if sites.is_call(key, of) else reach
    slopes = [function.slope for _, function in pairs]
    place, name = sites.describe(key, of), sites.name(of, key)
    by = "" if is_direct else f" by {name}"
    versions: list[Version] = []
    if not (is_direct and _is_multiple(graph, results, [function for _, function in pairs])):
        left_out, what = Form.SLOPE_MISSING.describe(place=place, of=by), f"the slope of {place}{by}"
        numbers = {"y": results, "x": [function.of for _, function in pairs]}
        for letter, nodes in numbers.items():
            values = [graph.nodes[n].value for n in nodes]
            for rank, (words, slope) in enumerate(SLOPES.items()):
                of_x = "" if is_direct else f" = {name}"
                kind = Form.SLOPE_OF_ANOTHER.describe(slope=words.format(letter), place=place, of=of_x)
                versions.append(Version(kind, map_lazily(slope, values), (rank, distance)))
        versions += _take_slopes_elsewhere(graph, sites, key, place + by, slopes)
    else:
        left_out, what = Form.FACTOR_MISSING.describe(factor="", place=place), f"what goes through {place}"
    is_sign = is_direct and all(abs(slope) == 1 for slope in slopes)
    versions.append(Version(left_out, lambda: [_ONE] * len(results)))
    for words, change in (CHANGES if is_sign else {**CHANGES, **CHANGES_OF_FACTORS}).items():
        kind = Form.CHANGED_ON_THE_WAY.describe(what=what, changed=words)
        versions.append(Version(kind, map_lazily(change, slopes)))
    edges = [(n, function.of) for n, (_, function) in zip(results, pairs, strict=True)]
    return Rewiring(edges, dict.fromkeys(results, ()), versions)


def _is_multiple(graph: Graph, results: Sequence[int], functions: Sequence[Function]) -> bool:
    """Whether numbers are multiples of others, by factors that are data; not those above 0 among them, by 1 and 0."""
    pairs = [(graph.nodes[n].value, graph.nodes[f.of].value, f.slope) for n, f in zip(results, functions, strict=True)]
    is_rectifier = all(slope == (1 if x > 0 else 0) for _, x, slope in pairs)
    return not is_rectifier and all(value.overlaps(x * slope) for value, x, slope in pairs)


def _take_slopes_elsewhere(
    graph: Graph, sites: Sites, key: Key, place: str, slopes: Sequence[arb]
) -> Iterator[Version]:
    """Evaluate a slope, if it is known in terms of the value, at other values: those of the step before, say."""
    executions, results = sites.results[key], sites.list_results(key)
    found = [slope for slope in SLOPES.values() if _is_same(slope, [graph.nodes[n].value for n in results], slopes)]
    for slope in found[:1]:
        first = len(executions[0])
        if len(executions) > 1 and len(set(map(len, executions))) == 1:
            earlier = [graph.nodes[n].value for n in results[:-first]]
            leaves = [leaf for leaf in graph.entries if len(leaf) == first and None not in leaf]
            starts = [[_ZERO] * first, *([graph.nodes[n].value for n in leaf if n is not None] for leaf in leaves)]
            kind = Form.SLOPE_ELSEWHERE.describe(place=place, elsewhere="the step before")
            for start in starts:
                yield Version(kind, map_lazily(slope, [*start, *earlier]))
        for other in sites.find_like(key)[:_MOST_OTHERS]:
            values = [graph.nodes[n].value for n in sites.list_results(other)]
            kind = Form.SLOPE_ELSEWHERE.describe(place=place, elsewhere=f"the value of {sites.describe(other, key)}")
            yield Version(kind, map_lazily(slope, values), rank=(len(SLOPES), 0))


def _is_same(slope: Callable[[arb], arb], values: Sequence[arb], slopes: Sequence[arb]) -> bool:
    """Whether these are the slopes at these values."""
    return all(abs(slope(y) - s) <= arb(2) ** -150 * (1 + abs(s)) for y, s in zip(values, slopes, strict=True))


def _rewire_choices(graph: Graph, sites: Sites) -> Iterator[Rewiring]:
    """Try a maximum of which all that it chooses from has the gradient."""
    by_site = defaultdict[Key, list[int]](list)
    for n, node in enumerate(graph.nodes):
        if node.is_choice:
            by_site[sites.of[n]].append(n)
    for key, chosen in by_site.items():
        edges = [(n, source) for n in chosen for source, _ in graph.nodes[n].sources]
        version = Version(Form.CHOICE_MISSING.describe(place=sites.describe(key)), partial(_repeat_one, len(edges)))
        yield Rewiring(edges, dict.fromkeys(chosen, ()), [version])


def _repeat_one(count: int) -> list[arb]:
    return [_ONE] * count


def _rewire_carried(
    graph: Graph, sites: Sites, loop: Loop, key: Key, found: Mapping[int, Sequence[Function]]
) -> Iterator[Rewiring]:
    """Try a slope that is left out of what is carried back in time, and of that alone."""
    edges: list[Edge] = []
    missing: list[arb] = []
    common = _find_common_arguments(sites, key, found)
    for n, functions in found.items() if common else ():
        function = next(f for f in functions if sites.of[f.of] == common[-1])
        for state, derivative in _find_carried(graph, loop, function.of).items():
            edges.append((n, state))
            missing.append((1 - function.slope) * derivative)
    if edges:
        by = f" by {sites.name(common[-1], key)}" if len(common) > 1 else ""
        kind = Form.SLOPE_NOT_CARRIED.describe(place=sites.describe(key, common[-1]), of=by)
        yield Rewiring(edges, {n: graph.nodes[n].sources for n, _ in edges}, [Version(kind, lambda: missing)])


def _find_carried(graph: Graph, loop: Loop, n: int) -> Mapping[int, arb]:
    """Return the numbers of earlier steps that one of a step is computed from, each with the derivative by it."""
    found = defaultdict[int, arb](arb)
    adjoints = defaultdict[int, arb](arb, {n: _ONE})
    for _ in range(_MOST_BACK if loop.clock[n] is not None else 0):
        if not adjoints:
            return found
        latest = max(adjoints)
        adjoint = adjoints.pop(latest)
        for source, weight in graph.nodes[latest].sources:
            if loop.measure_length(latest, source) > 0:
                found[source] += adjoint * weight
            elif graph.nodes[source].leaf is None:
                adjoints[source] += adjoint * weight
    return {}
