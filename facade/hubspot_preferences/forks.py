"""What a fork waits for: nothing that another thread is in the middle of goes on in the forked process."""

import os
import threading

# Held around what a call imports, and around what takes locks of libraries: a fork in between would leave the
# forked process waiting for somebody who is not there.
held_off = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=held_off.acquire, after_in_parent=held_off.release, after_in_child=held_off.release)
