"""Places in a user's objects that hold values: what each holds now, and how it is made to hold something else.

Reading runs no code of the user's: no property, `__getattr__`, `__eq__`, `__hash__` or `__bool__`. Writing runs none
either, but for the hash of a key that comes back into a dict or a set.
"""

import types
from collections import OrderedDict, deque
from collections.abc import Iterable
from functools import partial
from operator import is_
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from bptt.verify.closed_over._introspection import read_class


class Contents(NamedTuple):
    """What stands in a place: the values, which may be lifted, and what they are found by, which is left as it is."""

    keys: tuple[Any, ...]
    values: tuple[Any, ...]

    def is_identical(self, other: "Contents") -> bool:
        """Whether the other holds the very same objects in the same order."""
        (keys, values), (other_keys, other_values) = self, other
        return (
            len(keys) == len(other_keys)
            and len(values) == len(other_values)
            and all(map(is_, values, other_values))
            and all(map(is_, keys, other_keys))
        )


class Place(Protocol):
    """What holds references to values."""

    def read(self) -> Contents: ...
    def write(self, contents: Contents) -> None: ...


class Cell(NamedTuple):
    """A variable of an enclosing function; it may be empty."""

    cell: types.CellType

    def read(self) -> Contents:
        try:
            return Contents((), (self.cell.cell_contents,))
        except ValueError:  # which an empty cell raises
            return Contents((), ())

    def write(self, contents: Contents) -> None:
        if contents.values:
            (self.cell.cell_contents,) = contents.values
        else:
            del self.cell.cell_contents


class Defaults(NamedTuple):
    """The default arguments of a function: a tuple, and a dict of the keyword-only ones."""

    function: Any  # mypy takes the attributes of a FunctionType in a NamedTuple for those of a method

    def read(self) -> Contents:
        return Contents((), (self.function.__defaults__, self.function.__kwdefaults__))

    def write(self, contents: Contents) -> None:
        self.function.__defaults__, self.function.__kwdefaults__ = contents.values


class Globals(NamedTuple):
    """Some names of a module, there or not. One that means a module is left alone: an import cannot be taken back."""

    namespace: dict[str, Any]
    names: tuple[str, ...]

    def read(self) -> Contents:
        namespace = self.namespace
        held = {
            name: namespace[name]
            for name in self.names
            if name in namespace and not issubclass(type(namespace[name]), types.ModuleType)
        }
        return Contents(tuple(held), tuple(held.values()))

    def write(self, contents: Contents) -> None:
        for name in set(self.read().keys).difference(contents.keys):
            del self.namespace[name]
        self.namespace.update(zip(contents.keys, contents.values, strict=True))


class InstanceDict(NamedTuple):
    """The attributes that an object keeps in its `__dict__`, which `descriptor` finds. The dict is the first key."""

    owner: Any
    descriptor: Any

    def read(self) -> Contents:
        namespace = self.descriptor.__get__(self.owner)
        return Contents((namespace, *namespace), tuple(namespace.values()))

    def write(self, contents: Contents) -> None:
        namespace, *names = contents.keys
        if self.descriptor.__get__(self.owner) is not namespace:
            self.descriptor.__set__(self.owner, namespace)
        _fill(dict, namespace, names, contents.values)


class InstanceSlots(NamedTuple):
    """The attributes that an object keeps in its `__slots__`; `members` are their descriptors."""

    owner: Any
    members: tuple[types.MemberDescriptorType, ...]

    def read(self) -> Contents:
        held: dict[types.MemberDescriptorType, Any] = {}
        for member in self.members:
            try:
                held[member] = member.__get__(self.owner)
            except AttributeError:  # nothing stands there
                continue
        return Contents(tuple(held), tuple(held.values()))

    def write(self, contents: Contents) -> None:
        for member in set(self.read().keys).difference(contents.keys):
            member.__delete__(self.owner)
        for member, value in zip(contents.keys, contents.values, strict=True):
            member.__set__(self.owner, value)


class ClassAttributes(NamedTuple):
    """The attributes of a class itself, but for those that Python gives it (`__doc__`, `__module__`)."""

    owner: type

    def read(self) -> Contents:
        namespace = read_class(self.owner)
        names = sorted(name for name in namespace if not (name[:2] == "__" == name[-2:]))  # one deleted comes back last
        return Contents(tuple(names), tuple(namespace[name] for name in names))

    def write(self, contents: Contents) -> None:
        now = self.read()
        held = dict(zip(now.keys, now.values, strict=True))
        for name in set(held).difference(contents.keys):
            type.__delattr__(self.owner, name)
        for name, value in zip(contents.keys, contents.values, strict=True):
            if name not in held or held[name] is not value:
                type.__setattr__(self.owner, name, value)


class ListItems(NamedTuple):
    items: list[Any]

    def read(self) -> Contents:
        return Contents((), tuple(list.__iter__(self.items)))

    def write(self, contents: Contents) -> None:
        list.__setitem__(self.items, slice(None), contents.values)


class DictItems(NamedTuple):
    """The items of a dict, a defaultdict or an OrderedDict, in their order."""

    items: dict[Any, Any]

    def read(self) -> Contents:
        kind = self._kind
        return Contents(tuple(kind.keys(self.items)), tuple(kind.values(self.items)))

    def write(self, contents: Contents) -> None:
        _fill(self._kind, self.items, contents.keys, contents.values)

    @property
    def _kind(self) -> type[dict[Any, Any]]:
        """The class whose methods keep the order, and that no class of the user's overrides."""
        return OrderedDict if issubclass(type(self.items), OrderedDict) else dict


class SetMembers(NamedTuple):
    members: set[Any]

    def read(self) -> Contents:
        return Contents(
            tuple(sorted(set.__iter__(self.members), key=id)), ()
        )  # an order that does not depend on hashes

    def write(self, contents: Contents) -> None:
        set.clear(self.members)
        set.update(self.members, contents.keys)


class DequeItems(NamedTuple):
    items: deque[Any]

    def read(self) -> Contents:
        return Contents((), tuple(deque.__iter__(self.items)))

    def write(self, contents: Contents) -> None:
        deque.clear(self.items)
        deque.extend(self.items, contents.values)


class PartialArguments(NamedTuple):
    """What a partial calls and with what, and its `__dict__`: the state that it would be pickled with."""

    partial: partial[Any]

    def read(self) -> Contents:
        return Contents((), partial.__reduce__(self.partial)[2])  # type: ignore[arg-type]

    def write(self, contents: Contents) -> None:
        partial.__setstate__(self.partial, contents.values)  # type: ignore[attr-defined]


class ArrayObjects(NamedTuple):
    """The entries of an array of objects."""

    array: npt.NDArray[Any]

    def read(self) -> Contents:
        return Contents((), tuple(self.array.reshape(-1).tolist()))

    def write(self, contents: Contents) -> None:
        entries = self.array[..., np.newaxis]  # so that an entry that is an array is an entry even if there is but one
        for index, value in zip(np.ndindex(self.array.shape), contents.values, strict=True):
            entries[(*index, 0)] = value


def _fill(kind: type[dict[Any, Any]], items: dict[Any, Any], keys: Iterable[Any], values: Iterable[Any]) -> None:
    """Give a dict these items and no others, by the methods of `kind`."""
    keys = tuple(keys)
    now = tuple(kind.keys(items))
    if len(now) != len(keys) or not all(
        map(is_, now, keys)
    ):  # else the values alone change, and nothing is hashed anew
        kind.clear(items)
    for key, value in zip(keys, values, strict=True):
        kind.__setitem__(items, key, value)
