"""Shadow reads: what is repeated, what is a mismatch, and that the caller never notices."""
