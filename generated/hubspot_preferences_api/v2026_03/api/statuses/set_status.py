# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error_reply import ErrorReply
    from ...models.status_request import StatusRequest
    from ...models.status_results import StatusResults


def _get_kwargs(
    subscriber_id_string: str,
    *,
    body: StatusRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/communication-preferences/2026-03/statuses/{subscriber_id_string}".format(
            subscriber_id_string=quote(str(subscriber_id_string), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorReply | StatusResults:

    from ...models.error_reply import ErrorReply
    from ...models.status_results import StatusResults

    if response.status_code == 200:
        response_200 = StatusResults.from_dict(response.json())

        return response_200

    response_default = ErrorReply.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorReply | StatusResults]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    body: StatusRequest,
) -> Response[ErrorReply | StatusResults]:
    """Set one subscriber's state for one subscription type

     Sets a state, so that a repeat changes nothing further. Subscribing somebody who opted out is
    accepted and reported as RESUBSCRIBE_OCCURRED.

    Args:
        subscriber_id_string (str):
        body (StatusRequest): The state to set for one subscriber.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorReply | StatusResults]
    """

    kwargs = _get_kwargs(
        subscriber_id_string=subscriber_id_string,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    body: StatusRequest,
) -> ErrorReply | StatusResults | None:
    """Set one subscriber's state for one subscription type

     Sets a state, so that a repeat changes nothing further. Subscribing somebody who opted out is
    accepted and reported as RESUBSCRIBE_OCCURRED.

    Args:
        subscriber_id_string (str):
        body (StatusRequest): The state to set for one subscriber.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorReply | StatusResults
    """

    return sync_detailed(
        subscriber_id_string=subscriber_id_string,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    body: StatusRequest,
) -> Response[ErrorReply | StatusResults]:
    """Set one subscriber's state for one subscription type

     Sets a state, so that a repeat changes nothing further. Subscribing somebody who opted out is
    accepted and reported as RESUBSCRIBE_OCCURRED.

    Args:
        subscriber_id_string (str):
        body (StatusRequest): The state to set for one subscriber.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorReply | StatusResults]
    """

    kwargs = _get_kwargs(
        subscriber_id_string=subscriber_id_string,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    body: StatusRequest,
) -> ErrorReply | StatusResults | None:
    """Set one subscriber's state for one subscription type

     Sets a state, so that a repeat changes nothing further. Subscribing somebody who opted out is
    accepted and reported as RESUBSCRIBE_OCCURRED.

    Args:
        subscriber_id_string (str):
        body (StatusRequest): The state to set for one subscriber.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorReply | StatusResults
    """

    return (
        await asyncio_detailed(
            subscriber_id_string=subscriber_id_string,
            client=client,
            body=body,
        )
    ).parsed
