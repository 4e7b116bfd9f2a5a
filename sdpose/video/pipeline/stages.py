"""Work that goes on at the same time: stages in threads, and the bounded belts between them."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import perf_counter
from types import TracebackType
from typing import Generic, TypeVar

from ...errors import SDPoseError

__all__ = ["Belt", "Halted", "Stages", "Stop"]

_log = logging.getLogger("sdposekit")

_Item = TypeVar("_Item")

_GLANCE = 0.02
"""Seconds after which a stage that waits looks whether it should still."""


class Halted(Exception):
    """There is no use in going on: another stage failed, or nobody wants the rest."""


class Belt(Generic[_Item]):
    """A queue from one stage to the next: full, it holds up the one before; empty, the one after.

    Args:
        room: how many items wait at most.
        halts: when one of these is set, giving and taking raise `Halted`.

    Attributes:
        giving: seconds that the stage before was held up.
        taking: seconds that the stage after was held up.
    """

    def __init__(self, room: int, *halts: threading.Event) -> None:
        self._queue: queue.Queue[_Item] = queue.Queue(room)
        self._halts = halts
        self._closed = threading.Event()
        self.giving = self.taking = 0.0

    def give(self, item: _Item) -> None:
        """Pass an item on. Raises `Halted`."""
        since = perf_counter()
        while not self._given(item):
            self._look_around()
        self.giving += perf_counter() - since

    def close(self) -> None:
        """Say that this was all."""
        self._closed.set()

    def __iter__(self) -> Iterator[_Item]:
        """The items, until the stage before closes the belt. Raises `Halted`."""
        while True:
            since = perf_counter()
            closed = self._closed.is_set()
            self._look_around()
            with contextlib.suppress(queue.Empty):
                item = self._queue.get(timeout=_GLANCE)
                self.taking += perf_counter() - since
                yield item
                continue
            self.taking += perf_counter() - since
            if closed:
                return

    def _given(self, item: _Item) -> bool:
        try:
            self._queue.put(item, timeout=_GLANCE)
        except queue.Full:
            return False
        return True

    def _look_around(self) -> None:
        if any(halt.is_set() for halt in self._halts):
            raise Halted


class Stages:
    """Runs stages in threads, and ends them all when the `with` block ends.

    Attributes:
        over: set when no more frames are wanted from the first stage.
        failed: set when a stage failed, or the block did: everything is pointless then.
    """

    def __init__(self, room: int) -> None:
        self.over, self.failed = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(room, thread_name_prefix="sdpose")
        self._running: list[Future[None]] = []

    def __enter__(self) -> Stages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        if error is not None:
            self.failed.set()
        self._pool.shutdown()

    def start(self, work: Callable[[], None]) -> None:
        """Begin a stage."""
        stage = self._pool.submit(work)
        stage.add_done_callback(self._done)
        self._running.append(stage)

    def finish(self, stop: Stop) -> None:
        """Wait until all stages are through; being stopped while they are does not hurt them until `stop` lets it pass.

        Raises:
            BaseException: what a stage failed with, or the wish to stop that passed.
        """
        self.over.set()
        while any(not stage.done() for stage in self._running):
            with stop:
                wait(self._running)
        self.check()

    def check(self) -> None:
        """Raise what a stage failed with, if one did."""
        for stage in self._running:
            error = stage.exception() if stage.done() else None
            if error is not None and not isinstance(error, Halted):
                raise error

    def _done(self, stage: Future[None]) -> None:
        if not isinstance(stage.exception(), (Halted, type(None))):
            self.over.set()
            self.failed.set()


class Stop:
    """A context that remembers, instead of letting it pass, what stopped the work in it; it can be entered again.

    What is done with the work so far takes a moment: a second wish to stop is answered with a warning, a third passes.
    Errors of the library are no wish to stop, and pass.

    Attributes:
        reason: the first wish to stop, or None.
    """

    def __init__(self) -> None:
        self.reason: BaseException | None = None
        self._warned = False

    def __enter__(self) -> Stop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or self._warned or isinstance(error, (SDPoseError, Halted)):
            return False
        if self.reason is None:
            self.reason = error
        else:
            self._warned = True
            _log.warning("already finishing the frames that there are; stop once more to leave no results")
        return True
