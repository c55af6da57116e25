"""Write into README.md and docs/ what their examples print: `python -m tests.refresh_documentation [docs/jax.md ...]`.

Look at the difference before you commit it: what is wrong in the code would be written there, too.
"""

import argparse
import tempfile
import warnings
from pathlib import Path

from tests.documentation import PAGES, refresh


def main() -> None:
    """Refresh the pages that are named, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES)
    warnings.simplefilter("error")  # as in the tests
    for page in parser.parse_args().pages:
        with tempfile.TemporaryDirectory() as folder:
            refresh(page.resolve(), Path(folder))


if __name__ == "__main__":
    main()
