"""What is printed for a person: where it goes, and tables in which no name is broken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

INDENT = 2
GAP = 2
COLOURS = {"loaded": "green", "duplicate": "dim", "held": "yellow", "rejected": "red"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A name, and what is to be said of it on the lines below, indented."""

    name: str
    words: str | None = None


Cell = str | Text | Entry


class Screen(Console):
    """A terminal, or whatever the output is sent to.

    If nobody reads the output any more (``catchment check FILE | head``), printing raises
    ``BrokenPipeError``; if nobody reads the errors, they are no longer printed.
    """

    def on_broken_pipe(self) -> None:
        """Called by rich when the reader has gone."""
        if not self.stderr:
            raise BrokenPipeError
        self.quiet = True


class _WholeTable(Table):
    """A table that is as wide as its columns need, also on a narrower screen."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        needed = sum((column.min_width or 0) + GAP for column in self.columns)
        return super().__rich_console__(
            console, options.update_width(max(needed, options.max_width))
        )


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    title: str | None = None,
    right: Sequence[str] = (),
) -> Table:
    """A table without lines; print it with ``crop=False``.

    Only the last column is wrapped, between words: no word is broken, and where one is longer than
    the screen is wide, the table is wider than the screen.

    Args:
        columns: headings.
        rows: a cell for each column.
        title: stands above.
        right: names of the columns that are aligned to the right.
    """
    made = _WholeTable(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    for column, below in zip(columns, cells, strict=True):
        last = len(made.columns) == len(columns) - 1
        made.add_column(
            column,
            justify="right" if column in right else "left",
            header_style="dim",
            no_wrap=not last,
            min_width=max(_narrowest(cell, wrapped=last) for cell in (column, *below)),
        )
    for row in zip(*cells, strict=True):
        made.add_row(*map(_shown, row))
    return made


def _shown(cell: Cell) -> RenderableType:
    if not isinstance(cell, Entry):
        return Text(cell) if isinstance(cell, str) else cell
    name, words = Text(cell.name), Padding(Text(cell.words or ""), (0, 0, 0, INDENT))
    return Group(name, words) if cell.words else name


def _narrowest(cell: Cell, *, wrapped: bool) -> int:
    """Columns of the screen that the cell needs at least."""
    if isinstance(cell, Entry):
        words = cell.words or ""
        return max(cell_len(cell.name), INDENT + _narrowest(words, wrapped=True))
    plain = str(cell)
    return (
        max((cell_len(part) for part in plain.split()), default=0) if wrapped else cell_len(plain)
    )
