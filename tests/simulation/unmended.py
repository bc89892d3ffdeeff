"""What is known to be broken and is not mended yet: such troubles do not happen, such promises do not count."""

UNMENDED = frozenset(
    {
        "limit",  # who moves up in the queue for a slot may use it late
        "used",  # and what is too much is turned away, and comes later
    }
)
