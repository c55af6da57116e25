"""Whether definitions go round in a circle: a quantity that depends on itself at one step, a function on itself."""

from collections.abc import Iterator, Mapping

from bptt.proofread.expressions import (
    LAST,
    Definition,
    Definitions,
    Entry,
    Expression,
    Function,
    Partial,
    Quantity,
    Step,
    walk,
)

_MOST_STEPS = 3  # enough for a circle through a step, the one before it, and the last

_Place = tuple[Quantity, int | None]


def goes_round(definitions: Definitions, quantity: Quantity) -> bool:
    """Whether a quantity depends on itself, at one and the same step."""
    return any(_goes_round_in(definitions, quantity, last) for last in range(1, _MOST_STEPS + 1))


def function_goes_round(definitions: Definitions, name: str) -> bool:
    """Whether the value of a function depends on that function."""
    waiting, seen = [name], set[str]()
    while waiting:
        body = definitions.functions.get(waiting.pop())
        found = {node.name for node in walk(body) if isinstance(node, Function)} if body is not None else set()
        if name in found:
            return True
        waiting += found - seen
        seen |= found
    return False


def _goes_round_in(definitions: Definitions, quantity: Quantity, last: int) -> bool:
    """The same, where there are so many steps."""
    steps = range(last + 1) if quantity.timed else [None]
    done: set[_Place] = set()
    return any(_comes_back(definitions, (quantity, step), last, done) for step in steps)


def _comes_back(definitions: Definitions, start: _Place, last: int, done: set[_Place]) -> bool:
    """Whether a walk along the definitions from here meets a place that it is still inside of."""
    path: list[tuple[_Place, Iterator[_Place]]] = [(start, iter(_needed(definitions, start, last)))]
    inside = {start}
    while path:
        here, rest = path[-1]
        following = next(rest, None)
        if following is None:
            path.pop()
            inside.discard(here)
            done.add(here)
        elif following in inside:
            return True
        elif following not in done:
            inside.add(following)
            path.append((following, iter(_needed(definitions, following, last))))
    return False


def _needed(definitions: Definitions, place: _Place, last: int) -> list[_Place]:
    quantity, step = place
    found = _holding(definitions.quantities.get(quantity, []), step, last)
    if found is None:
        return []
    letters = {found.step.anchor: step - found.step.offset} if found.step is not None and step is not None else {}
    return [(entry.quantity, at) for entry in _entries(found.body) for at in _steps(entry.step, letters, last)]


def _holding(definitions: list[Definition], step: int | None, last: int) -> Definition | None:
    """The definition that holds at a step: one for it alone before others."""
    alone = [one for one in definitions if one.step is not None and _number(one.step, last) == step]
    every = [one for one in definitions if one.step is None or _number(one.step, last) is None]
    if alone and step is not None:
        return alone[0]
    return every[0] if every and (step is None or step > 0) else None


def _number(step: Step, last: int) -> int | None:
    return step.offset if not step.anchor else last + step.offset if step.anchor == LAST else None


def _steps(step: Step | None, letters: Mapping[str, int], last: int) -> list[int | None]:
    if step is None:
        return [None]
    number = _number(step, last) if step.anchor not in letters else letters[step.anchor] + step.offset
    steps = range(last + 1) if number is None else [number]
    return [one for one in steps if 0 <= one <= last]


def _entries(body: Expression) -> list[Entry]:
    """The entries whose values are needed: not those that a derivative is only by."""
    by = {id(node.by) for node in walk(body) if isinstance(node, Partial)}
    return [node for node in walk(body) if isinstance(node, Entry) and id(node) not in by]
