"""Whatever a function reads besides its arguments is lifted, and is the very same object afterwards."""

import functools
import importlib
import math
import sys
import types
import unittest
from argparse import Namespace
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptt.balls import StandIn
from bptt.verify.closed_over import State, find_state
from bptt.verify.closed_over._names import Names

Array = npt.NDArray[Any]
Function = Callable[..., Any]


class Lifted:
    """What stands for a float or an array in a run."""

    def __init__(self, value: Any) -> None:
        self.value = value


W = np.array([0.5, -1.25])
LEARNING_RATE = 0.125
FLAT = np.float32(0.5)
OF_A_PROPERTY, OF_A_CLASS = 0.375, 0.625
MODULE = sys.modules[__name__]


class Weights(NamedTuple):
    W: Any
    bias: Any = None

    def get(self) -> Any:
        return self.W


@dataclass(frozen=True)
class Frozen:
    W: Any


class Slotted:
    __slots__ = ("W", "cache")

    def __init__(self) -> None:
        self.W = np.array([1.0])

    def get(self) -> Any:
        return self.W


class Layer:
    shared: Any = np.array([3.0])

    def __init__(self, weights: Any = 2.0) -> None:
        self.W = weights

    def get(self) -> Any:
        return self.W

    def get_shared(self) -> Any:
        return self.shared

    def __call__(self) -> Any:
        return self.W

    @property
    def read(self) -> Any:
        return OF_A_PROPERTY

    @staticmethod
    def get_static() -> Any:
        return FLAT

    @classmethod
    def get_class(cls) -> Any:
        return OF_A_CLASS


class Inheriting(Layer):
    pass


def read_global() -> Any:
    return W


def read_default(w: Any = np.array([1.0])) -> Any:  # noqa: B008
    return w


def read_keyword_default(*, w: Any = 0.25) -> Any:
    return w


def count_calls() -> Any:
    return count_calls.weights  # type: ignore[attr-defined]


count_calls.weights = np.array([2.0])  # type: ignore[attr-defined]


def decorate(function: Function) -> Function:
    @functools.wraps(function)
    def call() -> Any:
        return function()

    return call


def close_over(value: Any, read: Function = lambda value: value) -> Function:
    return lambda: read(value)


def nest() -> Any:
    return next((lambda: [w or 0 for w in (lambda: [LEARNING_RATE])()])() for _ in range(1))[0]


def recurse(n: int = 3) -> Any:
    return recurse(n - 1) if n else LEARNING_RATE


@functools.lru_cache(maxsize=8)
def read_cached() -> Any:
    return LEARNING_RATE


class _Test(unittest.TestCase):
    W = np.array([1.0])

    def get(self) -> Any:
        return self.W


def make_object_array(*entries: Any) -> Array:
    array = np.empty(len(entries), dtype=object)
    for n, entry in enumerate(entries):
        array[n] = entry
    return array


def make_property_reader() -> Function:
    layer = Layer()
    return lambda: layer.read


def make_cycle() -> Function:
    first, second = Layer(), Layer()
    first.W, second.W = second, first
    second.data = [first, {"W": np.array([1.0])}]  # type: ignore[attr-defined]
    return lambda: first.W.data[1]["W"]


def make_cached_property() -> Function:
    class Holder:
        @functools.cached_property
        def product(self) -> Any:
            return 7

        apply = functools.partialmethod(lambda _, w: w, W)

    holder = Holder()
    return lambda: holder.apply()


SLOTS: dict[str, Function] = {
    "a cell with an array": close_over(np.array([1.0])),
    "a cell with a float": close_over(0.75),
    "a cell with a float of NumPy's": close_over(np.float64(0.75)),
    "a cell with float32": close_over(np.ones(2, np.float32)),
    "an infinite float": close_over(math.inf),
    "a default": read_default,
    "a keyword-only default": read_keyword_default,
    "a global": read_global,
    "a global float": recurse,
    "a global of nested code": nest,
    "a global of a helper": lambda: read_global(),
    "a global of a helper in a cell": close_over(read_global, lambda helper: helper()),
    "a global of a decorated function": decorate(read_global),
    "a global of a cached function": read_cached,
    "a cached helper": lambda: read_cached(),
    "a module's global": lambda: MODULE.W,
    "an attribute of a function": count_calls,
    "an argument of a partial": functools.partial(lambda w: w, W),
    "a keyword of a partial": functools.partial(lambda w: w, w=W),
    "a partial of a partial": functools.partial(functools.partial(lambda a, w: w, 3), w=0.5),
    "a partial in a cell": close_over(functools.partial(lambda w: w, W), lambda partial: partial()),
    "an attribute": Layer(np.array([1.0])).get,
    "an attribute of a callable object": Layer(0.5),
    "an attribute of an object in a cell": close_over(Layer(), lambda layer: layer.W),
    "a method's global": close_over(Layer(), lambda layer: layer.get_static()),
    "a property's global": make_property_reader(),
    "a class attribute": Layer().get_shared,
    "an inherited class attribute": Inheriting().get_shared,
    "a class attribute of a test case": _Test().get,
    "a class": close_over(Layer, lambda cls: cls.shared),
    "a slot": Slotted().get,
    "a frozen dataclass": close_over(Frozen(np.array([1.0])), lambda frozen: frozen.W),
    "a NamedTuple": close_over(Weights(np.array([1.0])), lambda weights: weights.W),
    "a bound method of a NamedTuple in a cell": close_over(Weights(0.5).get, lambda get: get()),
    "a tuple in a tuple": close_over((1, (2, W)), lambda items: items[1][1]),
    "a list": close_over([1, W], lambda items: items[1]),
    "a list in a dict in a tuple": close_over(({"layers": [W]},), lambda items: items[0]["layers"][0]),
    "an object in a list": close_over([Layer()], lambda layers: layers[0].W),
    "a dict": close_over({"W": W}, lambda items: items["W"]),
    "an OrderedDict": close_over(OrderedDict(W=W), lambda items: items["W"]),
    "a defaultdict": close_over(defaultdict(list, W=W), lambda items: items["W"]),
    "what a defaultdict makes": close_over(defaultdict(read_global), lambda items: items.default_factory()),
    "a deque": close_over(deque([W]), lambda items: items[0]),
    "an object in a set": close_over({Layer()}, lambda items: next(iter(items)).W),
    "an object in a frozenset": close_over(frozenset({Layer()}), lambda items: next(iter(items)).W),
    "an array of objects": close_over(make_object_array(3, W), lambda items: items[1]),
    "an array of one object": close_over(np.array(0.5, dtype=object), lambda items: items[()]),
    "a SimpleNamespace": close_over(types.SimpleNamespace(W=W), lambda space: space.W),
    "a vectorized function": close_over(np.vectorize(read_global), lambda vectorized: vectorized.pyfunc()),
    "a bound method in a cell": close_over(Layer(0.5).get, lambda get: get()),
    "a built-in method of a list in a cell": close_over([W].copy, lambda copy: copy()[0]),
    "a method wrapper": close_over(Layer(0.5).__init__.__call__, lambda call: call.__self__.__self__.W),  # type: ignore[misc]
    "a class method's global": close_over(Layer, lambda cls: cls.get_class()),
    "a base of a read-only view": close_over(types.SimpleNamespace(W=np.broadcast_to(W, (2, 2))), lambda s: s.W),
    "parsed options": close_over(Namespace(rate=0.5), lambda options: options.rate),
    "a partial method": make_cached_property(),
    "a cycle": make_cycle(),
}


@pytest.mark.parametrize("read", SLOTS.values(), ids=SLOTS)
def test_what_stands_in_a_slot_is_lifted_and_put_back(read: Function) -> None:
    before = read()
    state = find_state(read)
    with state.lifted(Lifted) as (lifted_read,):
        within = lifted_read()
    assert type(within) is Lifted
    assert within.value is before
    assert read() is before
    assert not state.has_changed()
    assert (state.is_complete, state.unlifted) == (True, 0)


@pytest.mark.parametrize("kept", [3, True, "0.5", np.arange(3), np.array([True]), 1j, np.longdouble(1), None])
def test_what_is_no_float_is_left_as_it_is(kept: Any) -> None:
    read = close_over([kept], lambda items: items[0])
    with find_state(read).lifted(Lifted):
        assert read() is kept


def test_a_bound_method_of_a_tuple_is_rebuilt() -> None:
    weights = Weights(np.array([1.0]))
    with find_state(weights.get).lifted(Lifted) as (get,):
        assert get().value is weights.W
        assert get is not weights.get


def test_a_method_of_an_array_becomes_one_of_what_is_lifted() -> None:
    with find_state(W.dot).lifted(lambda x: x * 2) as (dot,):
        assert dot(W) == 2 * W.dot(W)


def test_keys_are_not_lifted() -> None:
    table = {0.5: 1, "a": 2}
    with find_state(close_over(table)).lifted(Lifted):
        assert list(table) == [0.5, "a"]


def test_one_array_in_two_places_is_lifted_once() -> None:
    layer = Layer(W)
    functions = layer.get, close_over((W,), lambda items: items[0]), read_global
    with find_state(*functions).lifted(Lifted):
        assert len({id(read()) for read in functions}) == 1


def test_two_functions_share_a_cell() -> None:
    state = np.array([1.0])

    def write() -> None:
        nonlocal state
        state = 7  # type: ignore[assignment]

    def read() -> Any:
        return state

    before = state
    with find_state(write, read).lifted(Lifted):
        assert read().value is before
        write()
        assert read() == 7
    assert state is before


def test_a_module_of_the_user_is_walked_by_the_names_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_settings.py").write_text("rate = 0.5\nother = 0.5\n")
    (tmp_path / "my_model.py").write_text(
        "import my_settings\nW = 1.5\nV = 2.5\n"
        "def get(): return W\n"
        "def get_imported():\n    import my_settings as S\n    return S.rate\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    M = importlib.import_module("my_model")

    read: dict[str, Function] = {
        "attribute": lambda: M.V,
        "function": lambda: M.get(),
        "of a module of the module": lambda: M.my_settings.rate,
        "imported inside": lambda: M.get_imported(),
    }
    before = {name: function() for name, function in read.items()}
    with find_state(*read.values()).lifted(Lifted):
        assert {name: function().value for name, function in read.items()} == before
        assert M.my_settings.other == 0.5
    assert {name: function() for name, function in read.items()} == before


def test_libraries_are_not_entered() -> None:
    read = lambda: (np.pi, math.pi, np.linalg.norm, Function, pytest.approx(0.5))  # noqa: E731
    before = np.pi, math.pi
    state = find_state(read, np.linalg.norm, np.mean, unittest.TestCase, State.restore, find_state)
    with state.lifted(Lifted):
        assert (np.pi, math.pi) == before
    assert len(state.slots) < 5


def test_a_backward_pass_reads_what_the_forward_pass_kept_in_the_same_block() -> None:
    class Cell:
        def forward(self) -> None:
            self.cache = [Lifted(LEARNING_RATE)]

        def backward(self) -> Any:
            return self.cache[0]

    cell = Cell()
    with find_state(cell.forward, cell.backward).lifted(Lifted):
        cell.forward()
        assert type(cell.backward().value) is Lifted
    assert vars(cell) == {}


class Everything:
    """An object that keeps something of every kind."""

    __slots__ = ("__dict__", "empty_slot", "slot")
    total = 0

    def __init__(self) -> None:
        self.slot = self.array = np.arange(4.0)
        self.owned = np.arange(3.0)
        self.table = {"a": 1, "b": 2}
        self.ordered = OrderedDict(a=1, b=2, c=3)
        self.counts: defaultdict[str, list[int]] = defaultdict(list, a=[1])
        self.items = [1, [2]]
        self.members = {1, 2}
        self.queue = deque([1, 2], maxlen=2)
        self.objects = make_object_array(1, [2])
        self.integers = np.arange(6).reshape(2, 3)
        self.transposed = np.arange(6.0).reshape(2, 3).T
        self.read_only = self.array[::2]
        self.read_only.flags.writeable = False
        self.masked = np.ma.masked_array([1.0, 2.0], [False, True])
        self.generator = np.random.default_rng(0)
        self.legacy = np.random.RandomState(0)
        self.partial = functools.partial(max, 1, key=abs)

    def run(self, do: Function) -> None:
        do(self)


CHANGES: list[Function] = [
    lambda e: setattr(e, "appeared", 1),
    lambda e: delattr(e, "table"),
    lambda e: setattr(e, "array", 0.5),
    lambda e: setattr(e, "__dict__", {}),
    lambda e: setattr(e, "empty_slot", 1),
    lambda e: delattr(e, "slot"),
    lambda e: setattr(e, "slot", 1),
    lambda e: setattr(type(e), "total", 1),
    lambda e: setattr(type(e), "appeared_on_the_class", 1),
    lambda e: delattr(type(e), "total"),
    lambda e: e.table.pop("a"),
    lambda e: e.table.update(a=3, c=4),
    lambda e: e.ordered.move_to_end("a"),
    lambda e: e.counts["b"].append(1),
    lambda e: e.counts["a"].append(1),
    lambda e: e.items.append(e),
    lambda e: e.items[1].clear(),
    lambda e: e.members.add(3),
    lambda e: e.members.clear(),
    lambda e: e.members.update(range(8, 100, 8)),
    lambda e: e.queue.append(3),
    lambda e: e.objects.fill(0),
    lambda e: e.objects[1].append(3),
    lambda e: e.array.__iadd__(1),
    lambda e: e.array.__setitem__(0, -0.0),
    lambda e: e.owned.resize(9, refcheck=False),
    lambda e: (e.array.fill(7), e.array.setflags(write=False)),
    lambda e: e.integers.fill(7),
    lambda e: e.transposed.__setitem__(0, 9.0),
    lambda e: e.masked.data.__setitem__(0, 9.0),
    lambda e: e.generator.random(),
    lambda e: e.legacy.standard_normal(),
    lambda e: e.partial.keywords.clear(),
    lambda e: e.partial.__setstate__((min, (), {}, None)),
]


def describe(e: Everything) -> Any:
    """All that can be told of it from outside."""
    arrays = [e.array, e.owned, e.integers, e.transposed, e.read_only, e.masked.data]
    return (
        {name: id(value) for name, value in vars(e).items()},
        list(vars(e)),
        id(vars(e)),
        {name: id(value) for name, value in vars(Everything).items() if not name.startswith("__")},
        [hasattr(e, name) for name in ("slot", "empty_slot")],
        [list(e.table.items()), list(e.ordered.items()), list(e.counts.items())],
        [list(map(id, e.items)), list(e.items[1]), sorted(e.members), list(e.queue)],  # type: ignore[call-overload]
        [list(map(id, e.objects)), list(e.objects[1])],
        [(array.tobytes(), array.shape) for array in arrays],
        repr((e.generator.bit_generator.state, e.legacy.get_state(legacy=False))),
        (e.partial.func, e.partial.args, e.partial.keywords),
    )


@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6))
def test_whatever_is_done_to_objects_is_undone(changes: list[Function]) -> None:
    everything = Everything()
    before = describe(everything)
    state = find_state(everything.run)
    for change in changes:
        try:
            everything.run(change)
        except (AttributeError, KeyError, ValueError):  # what it changes is gone already
            continue
    state.restore()
    assert describe(everything) == before
    assert not state.has_changed()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed_and_undone(change: Function) -> None:
    everything = Everything()
    before = describe(everything)
    state = find_state(everything.run)
    assert not state.has_changed()
    everything.run(change)
    assert state.has_changed()
    state.restore()
    assert describe(everything) == before


def test_globals_that_a_function_binds_are_unbound() -> None:
    namespace: dict[str, Any] = {"counter": 0}
    exec("def f():\n    global counter, appeared\n    counter = appeared = 1", namespace)
    exec("def g():\n    global counter\n    del counter", namespace)
    state = find_state(namespace["f"], namespace["g"])
    namespace["f"]()
    assert state.has_changed()
    namespace["g"]()
    state.restore()
    assert namespace["counter"] == 0
    assert "appeared" not in namespace


def test_a_counter_and_a_memo_are_put_back() -> None:
    count, memo = 0, {"a": W}

    def f(key: str) -> int:
        nonlocal count
        count += 1
        memo[key] = W * 2
        return count

    state = find_state(f)
    assert [f("b"), f("a")] == [1, 2]
    assert state.has_changed()
    state.restore()
    assert f("c") == 1
    assert memo["a"] is W


def test_an_empty_cell_is_empty_afterwards() -> None:
    def make() -> tuple[Function, Function]:
        later = 0

        def fill() -> None:
            nonlocal later
            later = 1

        def read() -> Any:
            return later

        return fill, read

    fill, read = make()
    del read.__closure__[0].cell_contents  # type: ignore[index]
    state = find_state(fill, read)
    fill()
    assert state.has_changed()
    state.restore()
    with pytest.raises(NameError):
        read()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_error_in_the_block_leaves_nothing_lifted(error: type[BaseException]) -> None:
    layer = Layer(W)

    def run() -> None:
        with find_state(layer.get, read_default).lifted(Lifted):
            layer.W.value = None
            raise error

    before = read_default()
    with pytest.raises(error):
        run()
    assert layer.W is W
    assert read_default() is before


def test_an_error_of_lift_leaves_nothing_lifted() -> None:
    layer = Layer([1.0, W])

    def lift(x: Any) -> Lifted:
        return Lifted(x) if x is not W else math.nan / 0  # type: ignore[return-value]

    with pytest.raises(ZeroDivisionError), find_state(layer.get).lifted(lift):
        pass
    assert layer.W == [1.0, W]


def raise_interrupt(_: Any) -> int:
    raise KeyboardInterrupt


def test_an_interrupt_while_things_are_put_back_stops_nothing() -> None:
    hashes = iter([hash, raise_interrupt, hash, hash])

    class Key:
        def __hash__(self) -> int:
            return next(hashes)("key")

    table, layer = {Key(): 1}, Layer(0.5)

    def f() -> None:
        table.clear()
        layer.W = None

    state = find_state(f)
    f()
    with pytest.raises(KeyboardInterrupt):
        state.restore()
    assert list(table.values()) == [1]
    assert layer.W == 0.5


def raise_always(*_: Any) -> Any:
    raise RuntimeError("none of the user's code is to be run")


class Hostile(type):
    __eq__ = __hash__ = __getattribute__ = __bool__ = __instancecheck__ = __subclasscheck__ = raise_always
    __mro__ = property(raise_always)


class Touchy(metaclass=Hostile):
    __eq__ = __hash__ = __getattribute__ = __getattr__ = __setattr__ = __delattr__ = raise_always
    __bool__ = __len__ = __iter__ = __repr__ = __get__ = __set__ = __set_name__ = raise_always
    __class__ = property(raise_always)
    W = property(raise_always)


class TouchyList(list[Any]):
    __eq__ = __hash__ = __iter__ = __getitem__ = __len__ = __setitem__ = __getattribute__ = raise_always  # type: ignore[assignment]


class TouchyDict(dict[str, Any]):
    __eq__ = __hash__ = __iter__ = __getitem__ = __setitem__ = keys = items = update = clear = raise_always  # type: ignore[assignment]
    __getattribute__ = raise_always


def test_objects_that_misbehave_are_lifted_without_being_asked_anything() -> None:
    touchy, items, table = object.__new__(Touchy), TouchyList([0.5]), TouchyDict(a=0.5)
    namespace = object.__getattribute__(touchy, "__dict__")
    namespace["weights"] = W

    def f() -> Any:
        return touchy, items, table

    state = find_state(f)
    with state.lifted(Lifted):
        assert namespace["weights"].value is W
        assert list.__getitem__(items, 0).value == 0.5
        assert dict.__getitem__(table, "a").value == 0.5
        dict.clear(table)
        list.append(items, touchy)
    assert namespace["weights"] is W
    assert (list.__len__(items), list.__getitem__(items, 0), dict.__getitem__(table, "a")) == (1, 0.5, 0.5)
    assert not state.has_changed()


def test_properties_and_descriptors_are_not_evaluated() -> None:
    class Holder:
        @property
        def loss(self) -> Any:
            raise AssertionError

        @functools.cached_property
        def norm(self) -> Any:
            raise AssertionError

        described = types.DynamicClassAttribute(raise_always)

        def __getattr__(self, name: str) -> Any:
            raise AssertionError

    holder = Holder()
    with find_state(close_over(holder)).lifted(Lifted):
        pass
    assert vars(holder) == {}


def test_no_lifted_value_stays_in_a_cache() -> None:
    @functools.cache
    def scale(n: int) -> Any:
        return (n, rate)

    rate = 0.5

    def f(n: int) -> Any:
        return scale(n)

    f(1)
    with find_state(f).lifted(Lifted):
        assert [type(f(n)[1]) for n in (1, 2)] == [Lifted, Lifted]
    assert [f(n) for n in (1, 2)] == [(1, 0.5), (2, 0.5)]
    assert scale.cache_info().hits == 1


def test_the_block_starts_from_what_was_found() -> None:
    layer = Layer(0.5)
    state = find_state(layer.get)
    layer.W = None
    with state.lifted(Lifted):
        assert layer.W.value == 0.5
    assert layer.W == 0.5


def test_floats_beyond_the_bound_are_counted_and_left() -> None:
    large, small = np.zeros(200_001), np.zeros(3)
    read = close_over((large, small))
    state = find_state(read)
    with state.lifted(Lifted):
        assert read()[0] is large
        assert read()[1].value is small
    assert state.unlifted == 200_001
    assert state.is_complete


def test_arrays_that_are_too_large_to_be_copied_are_not_kept() -> None:
    assert not find_state(close_over(np.zeros((1 << 26) + 8, np.uint8))).is_complete


def test_no_more_than_10_000_objects_are_looked_into() -> None:
    state = find_state(close_over([[n] for n in range(20_000)]))
    assert not state.is_complete
    assert len(state.slots) <= 2 * 10_000


def test_a_long_chain_is_walked_without_recursion() -> None:
    chain: list[Any] = [0.5]
    for _ in range(5_000):
        chain = [chain]
    state = find_state(close_over(chain))
    assert state.is_complete
    assert len(state.liftable) == 1


@dataclass
class Model:
    rates: list[float] = field(default_factory=lambda: [0.5])
    momentum: float = 0.9

    def step(self) -> Any:
        return self.rates[0], self.momentum


def test_a_dataclass_with_defaults_is_lifted_in_the_instance_and_the_class() -> None:
    model = Model()
    with find_state(model.step).lifted(Lifted):
        assert [lifted.value for lifted in model.step()] == [0.5, 0.9]
        assert Model.momentum is model.momentum
    assert (model, Model.momentum) == (Model(), 0.9)


def test_names_are_put_back_but_for_what_was_written_meanwhile() -> None:
    known, other, inside = object(), object(), StandIn(np, "another")
    namespace: dict[str, Any] = {"np": np, "own": known, "math": math}
    stand_ins = {id(np): inside, id(math): StandIn(math, "of balls"), id(float): StandIn(float, "of floats")}
    names = Names([(namespace, ("np", "own", "float", "math"))], stand_ins)
    names.replace()
    assert namespace == {"np": "another", "own": known, "float": "of floats", "math": "of balls"}
    namespace["math"] = other
    names.restore()
    assert namespace == {"np": np, "own": known, "math": other}
