"""``phenom completion``: prints the script with which a shell completes the command."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

from phenom_cli.help import Command

_VARIABLE = "_PHENOM_COMPLETE"
"""The script sets it to ask for completions; click derives its name from the command's name."""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a completion script for your shell.

    With it, the Tab key completes commands, options, names of streams and names of files. SHELL is
    bash (4.4 or newer), zsh or fish. To try it, run the line for your shell below; to keep it, add
    the line to the file that is named.

    \b
    bash, in ~/.bashrc:
      source <(phenom completion bash)
    zsh, in ~/.zshrc, after compinit:
      source <(phenom completion zsh)
    fish:
      phenom completion fish \\
          > ~/.config/fish/completions/phenom.fish
    """
    program = context.find_root()
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these shells"
    click.echo(kind(program.command, {}, program.info_name or "phenom", _VARIABLE).source())


def complete_streams(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes the last name in a list of streams with commas."""
    from source_phenom import manifest

    before, comma, beginning = incomplete.rpartition(",")
    listed = before.split(",")
    return [
        CompletionItem(f"{before}{comma}{name}")
        for name in manifest.stream_names()
        if name.startswith(beginning) and name not in listed
    ]
