"""How much is computed for one equation at most: counted, so that a busy machine gives the same verdict."""

# Of one equation, in all its readings. Some 0.5 µs each (measured), so that none takes more than about 3 s.
MOST_OPERATIONS = 4_000_000
MOST_ENTRIES = 70_000  # of one array, some 10 MB: 8 indices of 4 values each
MOST_KEPT = 400_000  # entries that are kept at one point, since they are needed again: some 80 MB
NODE = 20  # operations that an expression costs, whatever it is
ARRAY = 40  # operations that an array costs, however few entries it has
FUNCTION = 5  # operations that a function of one number costs


class TooLarge(ValueError):  # noqa: N818
    """An expression has more values at these sizes than are computed. Names the limit."""


class Budget:
    """How much may be computed for one equation."""

    def __init__(self) -> None:
        self.left = MOST_OPERATIONS

    def spend(self, operations: int) -> None:
        """Count operations on balls. Raises `TooLarge` once they are used up."""
        self.left -= operations
        if self.left < 0:
            raise TooLarge(f"it takes more than {MOST_OPERATIONS:,} operations")
