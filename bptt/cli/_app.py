"""The command `bptt`."""

import tempfile
from importlib.metadata import version
from typing import Annotated

import typer
from hypothesis.configuration import set_hypothesis_home_dir

from bptt.cli._console import console
from bptt.cli._proofread import proofread
from bptt.cli._train import train
from bptt.cli._verify import verify

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.print(f"bptt {version('bptt')}")
        raise typer.Exit


@app.callback()
def bptt(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Prove or refute hand-written gradients, by ball arithmetic with guaranteed error bounds."""


for command in (verify, proofread, train):
    app.command()(command)


def main() -> None:
    """Run the command. What Hypothesis caches goes to a folder that is removed at the end, not to the user's."""
    with tempfile.TemporaryDirectory() as scratch:
        set_hypothesis_home_dir(scratch)
        app(prog_name="bptt")
