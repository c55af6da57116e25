"""Places that hold bytes, which are written in place: arrays of numbers, and NumPy's generators."""

import pickle
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt


class Buffer(Protocol):
    """What holds bytes that are written in place."""

    def read(self) -> bytes: ...
    def write(self, contents: bytes) -> None: ...


class ArrayBytes(NamedTuple):
    """The numbers in an array, which had this shape."""

    array: npt.NDArray[Any]
    shape: tuple[int, ...]

    def read(self) -> bytes:
        return self.array.tobytes()

    def write(self, contents: bytes) -> None:
        self.array.flags.writeable = True
        if self.array.shape != self.shape:
            self.array.resize(self.shape, refcheck=False)
        self.array[...] = np.frombuffer(contents, self.array.dtype).reshape(self.shape)


class GeneratorState(NamedTuple):
    """Where a generator of NumPy's stands."""

    generator: np.random.Generator | np.random.RandomState

    def read(self) -> bytes:
        if isinstance(self.generator, np.random.RandomState):
            return pickle.dumps(self.generator.get_state(legacy=False))
        return pickle.dumps(self.generator.bit_generator.state)

    def write(self, contents: bytes) -> None:
        if isinstance(self.generator, np.random.RandomState):
            self.generator.set_state(pickle.loads(contents))
        else:
            self.generator.bit_generator.state = pickle.loads(contents)
