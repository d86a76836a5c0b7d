"""The help of the command ``phenom`` and its commands, in which no word is broken."""

from __future__ import annotations

from collections.abc import Iterable

import click

from phenom_protocol.wrapping import cells, wrapped

_NO_LIMIT = 1_000


class _HelpFormatter(click.HelpFormatter):
    """Breaks lines at blanks only. click breaks them at hyphens too, and inside long words."""

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        paragraphs = []
        for paragraph in text.split("\n\n"):
            first, *lines = paragraph.split("\n")
            if first == "\b":
                # The lines of such a paragraph stay as they are.
                paragraphs.append("\n".join(indent + line for line in lines))
            else:
                paragraphs.append(wrapped(indent + " ".join(paragraph.split()), self.width))
        self.write("\n\n".join(paragraphs) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        rows = list(rows)
        first_column = min(max(cells(term) for term, _ in rows), col_max) + col_spacing
        indent = " " * self.current_indent
        for term, meaning in rows:
            lines = wrapped(meaning, self.width - len(indent) - first_column).split("\n")
            if cells(term) + col_spacing > first_column:
                self.write(f"{indent}{term}\n")
                term = ""
            for line in lines:
                padding = " " * (first_column - cells(term))
                self.write(f"{indent}{term}{padding}{line}".rstrip() + "\n")
                term = ""


class _Context(click.Context):
    formatter_class = _HelpFormatter


class Command(click.Command):
    """A command with such a help."""

    context_class = _Context

    def get_short_help_str(self, limit: int = _NO_LIMIT) -> str:
        """The whole first sentence, whatever the limit: the list of commands wraps it."""
        return super().get_short_help_str(_NO_LIMIT)


class Group(click.Group):
    """A group of such commands, which are listed in the order in which they were added."""

    context_class = _Context
    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def get_short_help_str(self, limit: int = _NO_LIMIT) -> str:
        """As :meth:`Command.get_short_help_str`."""
        return super().get_short_help_str(_NO_LIMIT)
