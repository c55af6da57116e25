"""Hypothesis strategies for the points at which a gradient is judged."""

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

_SIXTEENTHS = 32  # the grid runs from -2 to 2


@st.composite
def arrays(draw: st.DrawFn, /, max_size: int = 4, **axes: str) -> dict[str, npt.NDArray[np.float64]]:
    """Arrays of random sizes by name: `arrays(U="h m", W="h h", xs="t ... m")`.

    Each axis is named by a letter or word; axes of the same name have the same size, from 1 to `max_size`, and the
    sizes are drawn independently of one another. `...` stands for the batch axes, none to two of them of size 1 to 3,
    the same in every array. Entries are multiples of 1/16 from −2 to 2, so that a counterexample is short and nothing
    underflows by accident. Shrinks to the smallest sizes.
    """
    sizes = st.integers(1, max_size)
    names = dict.fromkeys(name for spec in axes.values() for name in spec.split())
    size: dict[str, tuple[int, ...]] = {name: (draw(sizes),) for name in names if name != "..."}
    if "..." in names:
        size["..."] = tuple(draw(st.lists(st.integers(1, min(3, max_size)), max_size=2)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def array(spec: str) -> npt.NDArray[np.float64]:
        shape = [n for name in spec.split() for n in size[name]]
        return random.integers(-_SIXTEENTHS, _SIXTEENTHS, shape, endpoint=True) / 16

    return {name: array(spec) for name, spec in axes.items()}
