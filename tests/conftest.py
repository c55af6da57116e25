"""The Hypothesis profiles, and what spares the tests time that is not the subject's.

`dev` is the profile by default, `ci`, the same cases each time, where CI is set, `thorough` on request.
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("dev", deadline=None, max_examples=40)
settings.register_profile("ci", deadline=None, max_examples=25, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_collection_finish() -> None:
    """Spare the cycle collector what all tests import, of JAX and torch: it would go through that again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def quick_compilation() -> Iterator[None]:
    """Spare LLVM its optimisation, a third of the time: for tests of formulas, which run what JAX compiles once."""
    import jax

    before = jax.config.read("jax_disable_most_optimizations")  # type: ignore[no-untyped-call]
    jax.config.update("jax_disable_most_optimizations", True)  # type: ignore[no-untyped-call]
    yield
    jax.config.update("jax_disable_most_optimizations", before)  # type: ignore[no-untyped-call]
