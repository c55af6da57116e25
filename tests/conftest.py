"""The Hypothesis profiles, and what spares the tests time that is not the subject's.

`dev` is the profile by default, `ci`, the same cases each time, where CI is set, `thorough` on request.
"""

import gc
import os
from collections.abc import Iterator
from typing import Any

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


IN_HASTE = {
    "xla_cpu_use_fusion_emitters": False,  # passes of MLIR's, which take three quarters of the time
    "xla_cpu_parallel_codegen_split_count": 1,
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
}


@pytest.fixture(scope="module")
def quick_compilation() -> Iterator[None]:
    """Have XLA compile in a quarter of the time: for tests of formulas, which run what is compiled once.

    JAX has no setting for this but the environment's, which is the whole process's. What was compiled so is forgotten
    at the end: other tests ask what XLA computes for everybody.
    """
    import jax
    from jax._src import compiler

    get_options = compiler.get_compile_options

    def get_quick_options(env_options_overrides: dict[str, Any], **named: Any) -> Any:
        return get_options(env_options_overrides=IN_HASTE | env_options_overrides, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "get_compile_options", get_quick_options)
        yield
    jax.clear_caches()  # type: ignore[no-untyped-call]
