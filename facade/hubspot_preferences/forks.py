"""What a fork waits for: nothing that another thread is in the middle of goes on in the forked process."""

import os
import threading
from contextlib import AbstractContextManager

# Held around what a call imports, and around what takes locks of libraries: a fork in between would leave the
# forked process waiting for somebody who is not there.
_lock = threading.RLock()
held_off: AbstractContextManager[object] = _lock

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
