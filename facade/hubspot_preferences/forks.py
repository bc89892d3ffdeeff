"""What a fork waits for: nothing that another thread is in the middle of goes on in the forked process."""

import os
import threading
from functools import cache
from typing import Final

LONGEST: Final = 10.0  # seconds that a fork waits at most


class _HeldOff:
    """Held around what a call imports, and around what takes locks of libraries: a fork waits until it is free.

    A fork in between would leave the forked process waiting for somebody who is not there.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._fork = threading.local()  # whether that of this thread has the lock

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def before(self) -> None:
        """Not for ever: somebody else's locks, taken in another order, must not stop the program."""
        self._fork.alone = self._lock.acquire(timeout=LONGEST)

    def after_in_parent(self) -> None:
        """Others may go on."""
        if self._fork.alone:
            self._lock.release()

    def after_in_child(self) -> None:
        """There is nobody else."""
        if self._fork.alone:
            self._lock.release()
        else:
            self._lock = threading.RLock()


held_off: Final = _HeldOff()


@cache
def hold_off() -> None:
    """Have forks wait from now on.

    To be called when logging is imported: of what is registered for forks the latest comes first, and whoever
    imports something needs logging's lock, which a fork takes as well.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=held_off.before,
            after_in_parent=held_off.after_in_parent,
            after_in_child=held_off.after_in_child,
        )
