# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from ...types import Response

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.batch_write_input import BatchWriteInput
    from ...models.batch_write_results import BatchWriteResults
    from ...models.error_reply import ErrorReply


def _get_kwargs(
    *,
    body: BatchWriteInput,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/communication-preferences/2026-09/statuses/batch/write",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BatchWriteResults | ErrorReply:

    from ...models.batch_write_results import BatchWriteResults
    from ...models.error_reply import ErrorReply

    if response.status_code == 200:
        response_200 = BatchWriteResults.from_dict(response.json())

        return response_200

    response_default = ErrorReply.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BatchWriteResults | ErrorReply]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BatchWriteInput,
) -> Response[BatchWriteResults | ErrorReply]:
    """Set the states of many subscribers

     As set_status, for a list of changes. Needs Marketing Hub Enterprise.

    Args:
        body (BatchWriteInput): States to set.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchWriteResults | ErrorReply]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: BatchWriteInput,
) -> BatchWriteResults | ErrorReply | None:
    """Set the states of many subscribers

     As set_status, for a list of changes. Needs Marketing Hub Enterprise.

    Args:
        body (BatchWriteInput): States to set.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchWriteResults | ErrorReply
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: BatchWriteInput,
) -> Response[BatchWriteResults | ErrorReply]:
    """Set the states of many subscribers

     As set_status, for a list of changes. Needs Marketing Hub Enterprise.

    Args:
        body (BatchWriteInput): States to set.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchWriteResults | ErrorReply]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: BatchWriteInput,
) -> BatchWriteResults | ErrorReply | None:
    """Set the states of many subscribers

     As set_status, for a list of changes. Needs Marketing Hub Enterprise.

    Args:
        body (BatchWriteInput): States to set.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchWriteResults | ErrorReply
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
