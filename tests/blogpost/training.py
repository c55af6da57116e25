"""Networks trained for some epochs."""

from itertools import islice

from bptt.blogpost import experiment
from bptt.blogpost.experiment import Configuration, Training


def train(configuration: Configuration, epochs: int) -> dict[str, Training]:
    """The networks after that many epochs."""
    return list(islice(experiment.descend(configuration), epochs + 1))[-1]
