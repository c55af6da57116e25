"""What a user's functions close over: every place that they can read or write besides their arguments.

Cells, defaults, the globals that their code names, attributes of objects and classes, and the items of containers, as
far as these lead without entering a library, which is whatever is installed and Python's own. Not seen are numbers in
code, what stands in a frame, a generator or an iterator, objects of libraries (tensors, DataFrames, what `jax.jit`
makes), and what is imported by a relative import inside a function.

The cache of a `functools.lru_cache` cannot be put back. A run on lifted values has an empty one of its own, so that
none of them stays in the user's.
"""

import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from bptt.verify.closed_over._introspection import is_named_tuple, is_of_other_library, is_own_function
from bptt.verify.closed_over._names import Names, StandIns
from bptt.verify.closed_over._places import Contents, Place
from bptt.verify.closed_over._walk import Walk

Function: TypeAlias = Callable[..., Any]
Lift: TypeAlias = Callable[[Any], Any]


class State:
    """All that some functions can reach, as it stood when it was found.

    Attributes:
        functions: they themselves
        namespaces: those of the modules reached, with the names that the functions use
        slots: the places reached that hold references, with what they held
        buffers: the places reached that hold bytes, with what they held
        liftable: the ids of the floats and arrays to lift, which `slots` and `functions` keep alive
        unlifted: how many floats more were found than are lifted
        is_complete: whether everything was looked into and every array copied
    """

    def __init__(self, functions: tuple[Function, ...]) -> None:
        walk = Walk(functions)
        self.functions = functions
        self.namespaces = walk.namespaces
        self.slots = walk.slots
        self.buffers = walk.buffers
        self.liftable = walk.liftable
        self.unlifted = walk.unlifted
        self.is_complete = walk.is_complete
        self._reached = walk.reached
        self._lifted_slots: list[tuple[Place, Contents]] | None = None

    @functools.cached_property
    def may_use_jax(self) -> bool:
        """Whether the functions can reach JAX, or a library that may."""
        named = [namespace.get(name) for namespace, names in self.namespaces for name in names]
        held = [value for _, contents in self.slots for value in contents.values]
        return (
            not self.is_complete
            or any("jax" in (name.partition(".")[0] for name in names) for _, names in self.namespaces)
            or any(is_of_other_library(value) for value in (*named, *held, *self._reached))
        )

    def has_changed(self) -> bool:
        """Whether any place holds another object, or other bytes, than when the state was found."""
        return any(not place.read().is_identical(contents) for place, contents in self.slots) or any(
            buffer.read() != contents for buffer, contents in self.buffers
        )

    def restore(self) -> None:
        """Put back what every place held when the state was found, the objects themselves; what came since goes."""
        try:
            self._write_back()
        except BaseException:  # a second interrupt: half of what was put back is worse than none
            self._write_back()
            raise

    @contextlib.contextmanager
    def lifted(self, lift: Lift, stand_ins: StandIns | None = None) -> Iterator[tuple[Function, ...]]:
        """Have `lift(x)` stand for every array of floats and every float x for the time of the block.

        `stand_ins` are objects of libraries, by their ids, each with what stands for it meanwhile: modules, too, and
        what Python itself knows by a name. The block starts from what stood when the state was found, and so does what
        comes after it, whatever was done or raised inside. Yields the functions: another one only where a bound
        method's own object is lifted.
        """
        stand_ins = stand_ins or {}
        replace = _Lifting(lift, self.liftable, stand_ins).replace
        self.restore()
        named = Names(self.namespaces, stand_ins)
        try:
            for place, contents in self._find_lifted_slots(stand_ins):
                place.write(contents._replace(values=tuple(map(replace, contents.values))))
            named.replace()
            yield tuple(map(replace, self.functions))
        finally:
            named.restore()
            self.restore()

    def _find_lifted_slots(self, stand_ins: StandIns) -> list[tuple[Place, Contents]]:
        """Find those in which something is replaced when floats are lifted; the stand-ins are always the same."""
        if self._lifted_slots is None:
            replace = _Lifting(lambda _: object(), self.liftable, stand_ins).replace
            self._lifted_slots = [
                (place, contents)
                for place, contents in self.slots
                if any(replace(value) is not value for value in contents.values)
            ]
        return self._lifted_slots

    def _write_back(self) -> None:
        for place, contents in self.slots:
            if not place.read().is_identical(contents):
                place.write(contents)
        for buffer, numbers in self.buffers:
            if buffer.read() != numbers:
                buffer.write(numbers)


def find_state(*functions: Function) -> State:
    """Find all that the functions can reach, and remember what stands there. None of the user's code is run."""
    return State(functions)


class _Lifting:
    """One replacement for one object, however many places it stands in; what cannot be written into is rebuilt."""

    def __init__(self, lift: Lift, liftable: set[int], stand_ins: StandIns) -> None:
        self._lift = lift
        self._liftable = liftable
        self._stand_ins = stand_ins
        self._replacements: dict[int, Any] = {}

    def replace(self, value: Any) -> Any:
        key = id(value)
        if key in self._stand_ins:
            return self._stand_ins[key].replacement
        if key in self._liftable:
            if key not in self._replacements:
                self._replacements[key] = self._lift(value)
            return self._replacements[key]
        rebuild = self._find_rebuild(type(value))
        if rebuild is None:
            return value
        if key not in self._replacements:
            self._replacements[key] = rebuild(self, value)
        return self._replacements[key]

    def _find_rebuild(self, cls: type) -> Callable[["_Lifting", Any], Any] | None:
        if (stand_in := self._stand_ins.get(id(cls))) is not None and (adapt := stand_in.adapt) is not None:
            return lambda lifting, value: adapt(value, lifting._lift)
        return _REBUILT.get(id(cls)) or (_rebuild_tuple if is_named_tuple(cls) else None)


def _rebuild_tuple(lifting: _Lifting, items: tuple[Any, ...]) -> tuple[Any, ...]:
    lifted = tuple(map(lifting.replace, tuple.__iter__(items)))
    changed = any(new is not old for new, old in zip(lifted, tuple.__iter__(items), strict=True))
    return tuple.__new__(type(items), lifted) if changed else items


def _rebuild_method(lifting: _Lifting, method: types.MethodType) -> Any:
    owner = lifting.replace(method.__self__)
    if owner is method.__self__:
        return method
    if type(owner) is not type(method.__self__):  # what stands for it has a method of its own
        return getattr(owner, method.__name__)
    return types.MethodType(method.__func__, owner)


def _rebuild_builtin_method(lifting: _Lifting, method: types.BuiltinMethodType) -> Any:
    owner = lifting.replace(method.__self__)
    return method if owner is method.__self__ else getattr(owner, method.__name__, method)


def _rebuild_cached(_: _Lifting, cached: Any) -> Any:
    """Return the same function with an empty cache, so that no lifted value stays in the user's."""
    if not is_own_function(cached.__wrapped__):
        return cached
    return functools.lru_cache(**cached.cache_parameters())(cached.__wrapped__)


_REBUILT: dict[int, Callable[[_Lifting, Any], Any]] = {
    id(tuple): _rebuild_tuple,
    id(types.MethodType): _rebuild_method,
    id(types.BuiltinMethodType): _rebuild_builtin_method,
    id(functools._lru_cache_wrapper): _rebuild_cached,
}
