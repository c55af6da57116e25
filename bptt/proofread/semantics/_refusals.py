"""Why an equation claims nothing that could be compared: what is found in a document, not failures of the program."""

from bptt.proofread.syntax import Unreadable


class Misfit(ValueError):  # noqa: N818
    """An equation has no meaning unless two sizes happen to be the same. Says which."""


class OrdersDiffer(ValueError):  # noqa: N818
    """The two sides of an equation have different numbers of axes. Says which."""


REFUSALS = (Unreadable, Misfit, OrdersDiffer)
