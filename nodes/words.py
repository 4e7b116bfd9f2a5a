"""The words on the nodes, kept as data: what each is for, how it is searched, a tooltip per input and output."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Words", "words"]


@dataclass(frozen=True)
class Words:
    """The texts of one node.

    Attributes:
        description: what it does.
        search_aliases: what else people type when they look for it.
        inputs: input id -> tooltip.
        outputs: output id -> tooltip.
    """

    description: str
    search_aliases: list[str]
    inputs: dict[str, str]
    outputs: dict[str, str]


@cache
def words(node_id: str) -> Words:
    """The texts of a node; KeyError when words.json has none."""
    return Words(**json.loads(resources.files(__package__).joinpath("words.json").read_text(encoding="utf-8"))[node_id])
