"""Shadow reads: what one API version answered is asked of another behind the caller's back, and compared.

Only what the seven reads of a client answered: no write is repeated, nor what a write reads for itself.
A shadow waits for everybody, and nobody for it. It has one connection of its own, without the proxy, the
certificates and the auth of a http_client of yours. It takes a fifth of the rate limit at most and leaves a
fifth free, tries nothing twice, pauses after what fails, and gives up after ten failures in a row or at the
end of the daily limit. What there is no room for is dropped and counted. Before two answers count as
different the version in use is asked once more: whatever changed in between is no mismatch.
"""

from .mismatch import Mismatch, ShadowCounts

__all__ = ["Mismatch", "ShadowCounts"]
