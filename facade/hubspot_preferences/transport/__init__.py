"""The only room that knows httpx: one request, one reply or a TransportError, over connections that are kept."""

from httpx import AsyncClient as AsyncHttpClient
from httpx import Client as HttpClient
from httpx import Response as Response

from .blocking import SeverableTransport, Transport
from .origin import base_url, bearer

__all__ = [
    "AsyncHttpClient",
    "HttpClient",
    "Response",
    "SeverableTransport",
    "Transport",
    "base_url",
    "bearer",
]
