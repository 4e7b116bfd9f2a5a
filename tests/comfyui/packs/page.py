"""The compatibility page: a text with tables in it, written from what ran."""

from __future__ import annotations

from pathlib import Path

from ..server import ROOT
from .found import PACKS
from .matrix import Rows, packs_across
from .sources import SOURCES

PAGE = ROOT / "docs" / "compatibility.md"
TEMPLATE = Path(__file__).parent / "compatibility.template.md"
HEADS = {
    "packs": ["Pack", "Version"],
    "consumers": ["Pack", "Node", "How to connect", "Connected without that", "Our nodes that it shows right"],
    "sources": ["Our node"],
    "producers": ["Pack", "Node", "How to connect", "Read"],
    "exchanges": ["Pack", "Node", "Way", "How to connect", "Result"],
}


def line(row: list[str]) -> str:
    """A row of a table as it stands on the page."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def text(tables: dict[str, Rows]) -> str:
    """The whole page."""
    written = TEMPLATE.read_text(encoding="utf-8").replace("{sources}", str(len(SOURCES)))
    for name, rows in tables.items():
        head = HEADS[name]
        if name == "sources":
            head = head + [PACKS[pack]["short"] for pack in packs_across()]
        lines = [line(head), "|" + " --- |" * len(head), *(line(row) for _, row in rows)]
        written = written.replace(f"<!-- {name} -->", "\n".join(lines))
    return written


def missing_lines(tables: dict[str, Rows], whole: bool) -> list[str]:
    """The lines that the page lacks.

    Args:
        tables: what ran.
        whole: whether every pack is here, so that the table of all packs is complete too.
    """
    written = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.exists() else []
    if whole:
        return [one for one in text(tables).splitlines() if one not in written]
    rows = (row for name, rows in tables.items() if name != "sources" for _, row in rows)
    return [one for one in map(line, rows) if one not in written]
