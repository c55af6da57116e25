"""How much is computed for one equation at most."""

import time

# On balls, at all sizes and under all interpretations; the derivations of the tests take up to 700,000.
MOST_OPERATIONS = 1_000_000
MOST_SECONDS = 1.5  # of this process; what is not known by then stays open


class TooLarge(ValueError):  # noqa: N818
    """An expression has more values at these sizes than are computed. Names the limit."""


class Budget:
    """How much may be computed for one equation."""

    def __init__(self) -> None:
        self.left = MOST_OPERATIONS
        self._end = time.process_time() + MOST_SECONDS

    @property
    def is_spent(self) -> bool:
        """Whether operations or time are used up."""
        return self.left < 0 or time.process_time() > self._end

    def spend(self, operations: int) -> None:
        """Count operations on balls. Raises `TooLarge` once they or the time are used up."""
        self.left -= operations
        if self.left < 0:
            raise TooLarge(f"it takes more than {MOST_OPERATIONS:,} operations")
        if time.process_time() > self._end:
            raise TooLarge(f"it takes more than {MOST_SECONDS} s")
