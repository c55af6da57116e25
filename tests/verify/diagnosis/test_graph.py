"""The graph of f gives its gradient, whole and in parts."""

import numpy as np
from flint import arb

from bptt.balls import Traced, change_context
from bptt.verify._ball_run import start_on_balls
from bptt.verify._problem import Arguments, Problem
from bptt.verify.diagnosis._graph import Graph, read_graph
from bptt.verify.diagnosis._loops import find_loops


def trace(f: object, *arguments: object) -> Graph:
    problem = Problem(f, f, Arguments(f, arguments))  # type: ignore[arg-type]
    with change_context(origins={}) as context:
        value, inputs = start_on_balls(problem).trace_f()
    assert isinstance(value, Traced)
    return read_graph(value, inputs, context.origins or {})


def test_without_the_edges_into_a_factor_the_gradient_is_that_by_the_other_one() -> None:
    graph = trace(lambda a, b: a * b + a * a, 3.0, 5.0)
    assert [float(x.mid()) for (x,) in graph.cut([])] == [11.0, 3.0]
    ((product, other),) = [edge for edge, entry in graph.find_products(1)]
    assert [float(x.mid()) for (x,) in graph.cut([(product, other)])] == [6.0, 3.0]


def test_other_weights_give_the_gradient_of_what_has_them() -> None:
    graph = trace(lambda a, b: (a * b) ** 2, 3.0, 5.0)
    (((product, a), _),) = graph.find_products(1)
    kept = [edge for edge in graph.nodes[product].sources if edge[0] != a]
    gradient = graph.differentiate({product: [*kept, (a, arb(7))]})
    assert [float(x.mid()) for (x,) in gradient] == [2 * 15 * 7, 2 * 15 * 3]


def test_a_loop_is_found_with_its_steps_and_none_in_a_sum() -> None:
    def recur(w: float, x: float) -> float:
        h = x
        for _ in range(4):
            h = np.tanh(w * h)
        return h

    (loop,) = find_loops(trace(recur, 0.5, 0.25))
    assert {step for step in loop.clock if step is not None} == {0, 1, 2, 3}
    assert find_loops(trace(lambda x: (x * x).sum(), np.ones(3))) == []
