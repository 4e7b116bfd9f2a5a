"""Everything that runs between our nodes and those of others, each once; and what came of it as tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ..server import Server
from . import consumers, producers
from .consumers import CONSUMERS, Consumer
from .editors import EDITORS
from .found import CORE, PACKS, Pack
from .graphs import Failed, Nodes, apart, run, within
from .placed import NOBODY
from .producers import PRODUCERS, Producer
from .regions import EXCHANGES, Exchange
from .sources import CASES, SOURCES

REFERENCE = "Load Poses (JSON)"
WORKS, NOT_SHOWN = "works", "-"
Rows = list[tuple[str, list[str]]]
"""The pack that a row of a table is about, and the row."""


class Matrix:
    """What comes of every pair, run when it is asked for first.

    Attributes:
        server: a ComfyUI with the packs.
        packs: what is known of each, by name.
    """

    def __init__(self, server: Server, packs: dict[str, Pack]) -> None:
        self.server, self.packs = server, packs
        self.shown = cache(self._shown)
        self.straight = cache(self._straight)
        self.taken = cache(self._taken)
        self.exchanged = cache(self._exchanged)

    def poses(self, consumer: Consumer, source: str) -> str:
        """A node of ours into one of theirs: `WORKS`, `NOT_SHOWN` where it gives nothing that they draw, or why not."""
        return self.shown(source)[consumer]

    def _shown(self, source: str) -> dict[Consumer, str]:
        """A node of ours, or a case, into every node of theirs in one graph; each in its own if that fails."""
        nodes, link = (SOURCES | CASES)[source](self.server)
        takers = [consumer for consumer in CONSUMERS if self.here(consumer.pack)]
        graphs = {each: within(each.title, consumers.asked(self.server, each, link)) for each in takers}
        try:
            together = run(self.server, nodes | {key: one for graph in graphs.values() for key, one in graph.items()})
            return {each: self._judged(each, together) for each in takers}
        except Failed:
            return {each: self._alone(each, nodes | graph) for each, graph in graphs.items()}

    def _alone(self, consumer: Consumer, prompt: Nodes) -> str:
        try:
            return self._judged(consumer, run(self.server, prompt))
        except Failed as error:
            return str(error)

    def _judged(self, consumer: Consumer, outputs: dict[str, Any]) -> str:
        faults = consumers.faults(self.server, consumer, apart(consumer.title, outputs))
        return NOT_SHOWN if faults == [NOBODY] else "; ".join(faults) or WORKS

    def _straight(self, consumer: Consumer) -> str:
        """The same without our converting anything first, in a few words."""
        if not consumer.frames_wanted:
            return "another type"
        nodes, link = SOURCES[REFERENCE](self.server)
        graph = within(consumer.title, consumers.asked(self.server, consumer, link, direct=True))
        return _short(self._alone(consumer, nodes | graph))

    def _taken(self, producer: Producer) -> str:
        return "; ".join(_faults(lambda: producers.faults(self.server, producer))) or WORKS

    def _exchanged(self, exchange: Exchange) -> str:
        return "; ".join(_faults(lambda: exchange.faults(self.server))) or WORKS

    def here(self, *packs: str) -> bool:
        """Whether the nodes of all of these packs can be run."""
        return all(self.packs[pack].missing is None for pack in packs)


def _faults(found: Callable[[], list[str]]) -> list[str]:
    try:
        return found()
    except Failed as error:
        return [str(error)]


def _short(said: str) -> str:
    """What came of a graph, in a few words."""
    if "picture is blank" in said:
        return "a blank picture"
    if "nowhere near a bone" in said:
        return "points that nobody is sure of are drawn"
    return said if said == WORKS else f"fails: {said.split(': ')[1]}"


def tables(matrix: Matrix) -> dict[str, Rows]:
    """The tables of the page, as far as the packs are here: name -> rows."""
    return {
        "packs": [(pack.name, [pack.title, pack.version]) for pack in matrix.packs.values() if pack.missing is None],
        "consumers": _consumers(matrix),
        "sources": _sources(matrix),
        "producers": _producers(matrix),
        "exchanges": _exchanges(matrix),
    }


def _consumers(matrix: Matrix) -> Rows:
    rows = []
    for consumer in filter(lambda one: matrix.here(one.pack), CONSUMERS):
        came = [matrix.poses(consumer, source) for source in SOURCES]
        shown = [each for each in came if each != NOT_SHOWN]
        result = f"{shown.count(WORKS)} of {len(shown)}"
        row = [PACKS[consumer.pack]["title"], consumer.title, consumer.through, matrix.straight(consumer), result]
        rows.append((consumer.pack, row))
    return rows


def _sources(matrix: Matrix) -> Rows:
    """Our nodes down, packs across: how many of a pack's nodes show what ours gives."""
    rows = []
    for source in SOURCES:
        cells = []
        for pack in packs_across():
            came = [matrix.poses(each, source) for each in CONSUMERS if each.pack == pack and matrix.here(pack)]
            shown = [each for each in came if each != NOT_SHOWN]
            cells.append(f"{shown.count(WORKS)}/{len(shown)}" if came else "")
        rows.append((CORE, [source, *cells]))
    return rows


def packs_across() -> list[str]:
    """The packs that take poses, in the order of the table."""
    return [name for name in PACKS if any(consumer.pack == name for consumer in CONSUMERS)]


def _producers(matrix: Matrix) -> Rows:
    rows = []
    for producer in filter(lambda one: matrix.here(one.pack, one.fed_by), PRODUCERS):
        came = matrix.taken(producer)
        result = producer.broken and f"wrong: {producer.broken}" if came != WORKS else WORKS
        said = "; ".join(filter(None, [result or came, producer.note]))
        rows.append((producer.pack, [PACKS[producer.pack]["title"], producer.title, producer.through, said]))
    return rows


def _exchanges(matrix: Matrix) -> Rows:
    rows = []
    for exchange in filter(lambda one: matrix.here(one.pack), (*EXCHANGES, *EDITORS)):
        said = "; ".join(filter(None, [matrix.exchanged(exchange), exchange.note]))
        row = [PACKS[exchange.pack]["title"], exchange.title, exchange.way, exchange.through, said]
        rows.append((exchange.pack, row))
    return rows
