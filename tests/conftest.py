"""The Hypothesis profiles: `dev` by default, `ci`, the same cases each time, where CI is set, `thorough` on request."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("dev", deadline=None, max_examples=40)
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(scope="module")
def without_clock() -> Iterator[None]:
    """Let an equation take as long as its operations do, so that no verdict depends on how busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bptt.proofread.evaluation._budget.MOST_SECONDS", 60)
        yield
