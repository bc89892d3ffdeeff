"""What is known to be broken and is not mended yet: such troubles do not happen, such promises do not count."""

UNMENDED = frozenset(
    {
        # Replies that say two things at once, or that there is more
        "another_channel",
        "both_states",
        "error_body",
        "hollow",
        "more_to_come",
        "nameless_error",
        "odd_state",
        "opposite",
        "two_envelope_states",
        "two_results",
        "two_states",
        "undeclared_success",
        # What an error repeats of a request
        "every_byte_encoded",
        "full_width",
        # Waiting
        "misled",
        "trickles",
        "used",
        # Doubt that is forgotten
        "guard",
        "unchanged",
    }
)
