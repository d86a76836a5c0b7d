"""``phenom completion``: what a shell needs to complete the command's words."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

_VARIABLE = "_PHENOM_COMPLETE"
"""Set by the shell when it asks; click looks for it under the command's name."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a shell's completion script.

    It completes commands, options, names of streams and files. SHELL is bash (4.4 or newer), zsh
    or fish. Put its line below into the file that your shell reads at its start, or run it once
    to try.

    \b
    bash, in ~/.bashrc:
      source <(phenom completion bash)
    zsh, in ~/.zshrc, after compinit:
      source <(phenom completion zsh)
    fish:
      phenom completion fish > ~/.config/fish/completions/phenom.fish
    """
    program = context.find_root()
    kind = get_completion_class(shell)
    assert kind is not None, "click completes all the shells that are offered"
    click.echo(kind(program.command, {}, program.info_name or "phenom", _VARIABLE).source())


def complete_streams(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of streams for a list with commas, one more at a time."""
    from source_phenom import manifest

    before, comma, begun = incomplete.rpartition(",")
    listed = before.split(",")
    return [
        CompletionItem(f"{before}{comma}{name}")
        for name in manifest.stream_names()
        if name.startswith(begun) and name not in listed
    ]
