"""How much is computed for one equation at most."""

MOST_OPERATIONS = 1_500_000  # on balls, for one equation, over all readings and sizes


class TooLarge(ValueError):  # noqa: N818
    """An expression has more values at these sizes than are computed. Names the limit."""


class Budget:
    """How much may be computed for one equation."""

    def __init__(self, operations: int = MOST_OPERATIONS) -> None:
        self.most = self.left = operations

    def spend(self, operations: int) -> None:
        """Raises `TooLarge` once everything is spent."""
        self.left -= operations
        if self.left < 0:
            raise TooLarge(f"it takes more than {self.most:,} operations")
