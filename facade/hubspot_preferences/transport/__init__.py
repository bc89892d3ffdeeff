"""The only room that knows httpx: one request, one reply or a TransportError, over connections that are kept."""

from typing import TypeAlias

import httpx

from .blocking import SeverableTransport as SeverableTransport
from .blocking import Transport as Transport
from .origin import base_url as base_url
from .origin import bearer as bearer

HttpClient: TypeAlias = httpx.Client
AsyncHttpClient: TypeAlias = httpx.AsyncClient
Response: TypeAlias = httpx.Response
