"""`python -m bptt`, and the console script."""

import sys


def main() -> None:
    """Run the command line, or say what to install for it."""
    try:
        from bptt.cli import _app as cli
    except ModuleNotFoundError as error:
        sys.exit(f"bptt: the command needs {error.name}: pip install 'bptt[verify]', or '.[verify]' in a clone")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # ± and ∂ on a terminal that knows only ASCII
    cli.main()


if __name__ == "__main__":
    main()
