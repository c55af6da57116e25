"""A walk through everything that a user's functions can reach, as far as it leads without entering a library."""

import functools
import sys
import types
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bptt.verify.closed_over._buffers import ArrayBytes, Buffer, GeneratorState
from bptt.verify.closed_over._introspection import (
    is_namespace,
    is_own_class,
    is_own_function,
    is_own_module,
    read_class,
    read_mro,
    read_namespace,
)
from bptt.verify.closed_over._places import (
    ArrayObjects,
    Cell,
    ClassAttributes,
    Contents,
    Defaults,
    DequeItems,
    DictItems,
    Globals,
    InstanceDict,
    InstanceSlots,
    ListItems,
    PartialArguments,
    Place,
    SetMembers,
)

_MOST_OBJECTS = 10_000  # that are looked into: about 20 ms
_MOST_FLOATS = 200_000  # that are lifted: data of 10,000 rows and 20 columns, a tenth of a second or more as balls
_MOST_BYTES = 1 << 26  # of arrays that are copied: as much memory again, and as much to compare after each run

# Types are told apart by their ids, since a metaclass may define == and hash.
_ATOMS = {id(kind) for kind in (int, bool, str, bytes, complex, type(None), types.CodeType, types.ModuleType)}
_FLOATS = {id(kind) for kind in (float, np.float64, np.float32, np.float16)}

_KINDS_OF_BYTES = "biufcmMSU"  # of arrays that are nothing but their bytes
_METHODS = (types.FunctionType, staticmethod, classmethod, property)
_DEFAULT_FACTORY: Any = vars(defaultdict)["default_factory"]


class Walk:
    """What is reached from some objects: places with what they hold, and which floats in them can be lifted."""

    def __init__(self, roots: Iterable[Any]) -> None:
        self.slots: list[tuple[Place, Contents]] = []
        self.buffers: list[tuple[Buffer, bytes]] = []
        self.namespaces: list[tuple[dict[str, Any], tuple[str, ...]]] = []  # of modules, each with the names used
        self.liftable: set[int] = set()  # ids of arrays and floats
        self.unlifted = 0  # floats that are too many to be lifted
        self.is_complete = True  # everything was looked into, and every array copied
        self._bytes = 0
        self._floats = 0
        self._seen: set[int] = set()  # ids of what is in the queue and of floats, which places keep alive
        self.reached: list[Any] = []  # what is looked into
        self._modules: set[tuple[int, int]] = set()  # visited, each for some names
        self._visitors: dict[int, tuple[Visit, ...]] = {}  # by the id of a class, as the next
        self._descriptors: dict[int, tuple[Any, tuple[types.MemberDescriptorType, ...]]] = {}
        self._add(roots)
        for found in self.reached:  # which grows meanwhile
            for visit in self._visitors.get(id(type(found))) or self._choose_visitors(type(found)):
                visit(self, found)

    def _choose_visitors(self, cls: type) -> tuple["Visit", ...]:
        known = [_VISITS[id(base)] for base in read_mro(cls) if id(base) in _VISITS][:1]
        own = [Walk._visit_instance] if is_own_class(cls) or is_namespace(cls) else []
        self._visitors[id(cls)] = (*known, *own)
        return self._visitors[id(cls)]

    def _add(self, values: Iterable[Any]) -> None:
        """Put what was not met before into the queue."""
        for value in values:
            kind = id(type(value))
            if kind in _ATOMS or id(value) in self._seen:
                continue
            if kind in _FLOATS:
                self._seen.add(id(value))
                self._count_floats(value, 1)
            elif len(self.reached) < _MOST_OBJECTS:
                self._seen.add(id(value))
                self.reached.append(value)
            else:
                self.is_complete = False

    def _count_floats(self, value: Any, size: int) -> None:
        if self._floats + size <= _MOST_FLOATS:
            self._floats += size
            self.liftable.add(id(value))
        else:
            self.unlifted += size

    def _keep(self, place: Place) -> None:
        contents = place.read()
        self.slots.append((place, contents))
        self._add(contents.values)

    def _visit_function(self, function: types.FunctionType) -> None:
        if not is_own_function(function):
            self._add([vars(function).get("__wrapped__")])
            return
        names = _list_names(function.__code__)
        self._keep(Defaults(function))
        self._add([vars(function)])
        for cell in function.__closure__ or ():
            self._add([cell])
            self._visit_modules(Cell(cell).read().values, names)
        self._visit_names(function.__globals__, names)
        self._visit_modules((sys.modules.get(name) for name in names), names)  # imported inside the function

    def _visit_names(self, namespace: dict[str, Any], names: tuple[str, ...]) -> None:
        self.namespaces.append((namespace, names))
        self._keep(Globals(namespace, names))
        self._visit_modules((namespace.get(name) for name in names), names)

    def _visit_modules(self, values: Iterable[Any], names: tuple[str, ...]) -> None:
        """Visit those names in each module of the user's among the values: M.W is used as `M` and as `W`."""
        for module in values:
            if not issubclass(type(module), types.ModuleType) or (id(module), id(names)) in self._modules:
                continue
            self._modules.add((id(module), id(names)))
            if is_own_module(module):
                self._visit_names(read_namespace(module), names)

    def _visit_method(self, method: Any) -> None:
        self._add([method.__self__, getattr(method, "__func__", None)])  # a built-in one has no function

    def _visit_cell(self, cell: types.CellType) -> None:
        self._keep(Cell(cell))

    def _visit_tuple(self, items: tuple[Any, ...]) -> None:
        self._add(tuple.__iter__(items))

    def _visit_frozenset(self, members: frozenset[Any]) -> None:
        self._add(frozenset.__iter__(members))

    def _visit_list(self, items: list[Any]) -> None:
        self._keep(ListItems(items))

    def _visit_dict(self, items: dict[Any, Any]) -> None:
        self._keep(DictItems(items))
        if issubclass(type(items), defaultdict):
            self._add([_DEFAULT_FACTORY.__get__(items)])

    def _visit_set(self, members: set[Any]) -> None:
        self._keep(SetMembers(members))
        self._add(set.__iter__(members))

    def _visit_deque(self, items: deque[Any]) -> None:
        self._keep(DequeItems(items))

    def _visit_partial(self, applied: functools.partial[Any]) -> None:
        self._keep(PartialArguments(applied))

    def _visit_cached(self, cached: Any) -> None:
        self._add([cached.__wrapped__])

    def _visit_decorated(self, method: Any) -> None:
        self._add([method.__func__])

    def _visit_property(self, described: property) -> None:
        self._add([described.fget, described.fset, described.fdel])

    def _visit_generator(self, generator: Any) -> None:
        self._keep_bytes(GeneratorState(generator))

    def _visit_array(self, array: npt.NDArray[Any]) -> None:
        plain = array if type(array) is np.ndarray else np.ndarray.view(array, np.ndarray)
        if plain is array and plain.dtype.kind in "fc" and np.finfo(plain.dtype).bits <= 64:  # of each part
            self._count_floats(array, array.size)
        if not plain.flags.writeable:
            self._add([plain.base])  # by which it may change nevertheless
        elif plain.dtype.kind == "O":
            self._keep(ArrayObjects(plain))
        elif plain.dtype.kind not in _KINDS_OF_BYTES or self._bytes + plain.nbytes > _MOST_BYTES:
            self.is_complete = False
        elif plain.nbytes:
            self._bytes += plain.nbytes
            self._keep_bytes(ArrayBytes(plain, plain.shape))

    def _keep_bytes(self, buffer: Buffer) -> None:
        self.buffers.append((buffer, buffer.read()))

    def _visit_class(self, cls: type) -> None:
        """Visit the attributes and the methods of a class, and the classes that it inherits others from."""
        if is_own_class(cls):
            self._keep(ClassAttributes(cls))
            given = read_class(cls)
            self._add(value for value in given.values() if issubclass(type(value), _METHODS))  # __call__ among them
        self._add(base for base in read_mro(cls)[1:] if is_own_class(base))

    def _visit_instance(self, owner: Any) -> None:
        """Visit the attributes of an object, in its `__dict__` and in its slots, and its class."""
        cls = type(owner)
        if is_own_class(cls):
            self._add([cls])
        if issubclass(cls, type):
            return
        if id(cls) not in self._descriptors:
            self._descriptors[id(cls)] = _find_descriptors(cls)
        descriptor, members = self._descriptors[id(cls)]
        if descriptor is not None:
            self._keep(InstanceDict(owner, descriptor))
        if members:
            self._keep(InstanceSlots(owner, members))


Visit: TypeAlias = Callable[[Walk, Any], None]
_VISITS: dict[int, Visit] = {
    id(types.FunctionType): Walk._visit_function,
    id(types.MethodType): Walk._visit_method,
    id(types.BuiltinMethodType): Walk._visit_method,
    id(types.MethodWrapperType): Walk._visit_method,
    id(types.CellType): Walk._visit_cell,
    id(tuple): Walk._visit_tuple,
    id(frozenset): Walk._visit_frozenset,
    id(list): Walk._visit_list,
    id(dict): Walk._visit_dict,
    id(set): Walk._visit_set,
    id(deque): Walk._visit_deque,
    id(functools.partial): Walk._visit_partial,
    id(functools._lru_cache_wrapper): Walk._visit_cached,
    id(staticmethod): Walk._visit_decorated,
    id(classmethod): Walk._visit_decorated,
    id(property): Walk._visit_property,
    id(type): Walk._visit_class,
    id(np.ndarray): Walk._visit_array,
    id(np.random.Generator): Walk._visit_generator,
    id(np.random.RandomState): Walk._visit_generator,
}


def _list_names(code: types.CodeType) -> tuple[str, ...]:
    """List the names of globals and attributes in code and in the code nested in it."""
    nested = [_list_names(constant) for constant in code.co_consts if type(constant) is types.CodeType]
    return sum(nested, code.co_names)


def _find_descriptors(cls: type) -> tuple[Any, tuple[types.MemberDescriptorType, ...]]:
    """Find what reads an instance's `__dict__`, if it has one, and what reads each of its slots."""
    namespaces = [read_class(base) for base in read_mro(cls)]
    dicts = [namespace["__dict__"] for namespace in namespaces if "__dict__" in namespace]
    members = [
        member
        for namespace in namespaces
        if "__slots__" in namespace
        for member in namespace.values()
        if type(member) is types.MemberDescriptorType
    ]
    kinds = (types.GetSetDescriptorType, types.MemberDescriptorType)  # and no property
    return next((found for found in dicts if type(found) in kinds), None), tuple(members)
