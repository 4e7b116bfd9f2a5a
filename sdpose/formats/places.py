"""Parts of a file that are to be dicts, lists of dicts, or flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadKeypoints
from .values import say

__all__ = ["dicts", "flag"]


def dicts(values: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    """The list of dicts under `key`; empty if there is nothing.

    Raises:
        BadKeypoints: it is something else.
    """
    found = values.get(key)
    entries = [] if found is None else found
    if not isinstance(entries, list):
        raise BadKeypoints(f"{where}, {key}: expected a list; got {say(entries)}")
    for i, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise BadKeypoints(f"{where}, {key} {i}: expected a dict; got {say(entry)}")
    return entries


def flag(values: Mapping[str, Any], key: str, missing: bool, where: str) -> bool:
    """The yes or no under `key`, written as true, 1 or [1]; `missing` if there is nothing.

    Raises:
        BadKeypoints: it is something else.
    """
    found = values.get(key)
    value = found[0] if isinstance(found, list) and len(found) == 1 else found
    if value is None or value == []:
        return missing
    if not isinstance(value, (bool, int, float)):
        raise BadKeypoints(f"{where}, {key}: expected true, false or a number; got {say(found)}")
    return bool(value)
