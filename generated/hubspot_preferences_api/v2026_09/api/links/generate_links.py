# Generated from openapi/2026-09.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.channel import Channel
    from ...models.error_reply import ErrorReply
    from ...models.link_generation_request import LinkGenerationRequest
    from ...models.link_generation_response import LinkGenerationResponse


def _get_kwargs(
    *,
    body: LinkGenerationRequest,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    params: dict[str, Any] = {}

    params["businessUnitId"] = business_unit_id

    json_channel = channel.value
    params["channel"] = json_channel

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/communication-preferences/2026-09/links/generate",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorReply | LinkGenerationResponse:

    from ...models.error_reply import ErrorReply
    from ...models.link_generation_response import LinkGenerationResponse

    if response.status_code == 200:
        response_200 = LinkGenerationResponse.from_dict(response.json())

        return response_200

    response_default = ErrorReply.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorReply | LinkGenerationResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LinkGenerationRequest,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
) -> Response[ErrorReply | LinkGenerationResponse]:
    """Make a subscriber's preference links

     Personal URLs where one subscriber manages preferences or unsubscribes. Whoever holds a URL can use
    it, so treat it as a secret.

    Args:
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        body (LinkGenerationRequest): Whose links to make, and what for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorReply | LinkGenerationResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        business_unit_id=business_unit_id,
        channel=channel,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: LinkGenerationRequest,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
) -> ErrorReply | LinkGenerationResponse | None:
    """Make a subscriber's preference links

     Personal URLs where one subscriber manages preferences or unsubscribes. Whoever holds a URL can use
    it, so treat it as a secret.

    Args:
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        body (LinkGenerationRequest): Whose links to make, and what for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorReply | LinkGenerationResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        business_unit_id=business_unit_id,
        channel=channel,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LinkGenerationRequest,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
) -> Response[ErrorReply | LinkGenerationResponse]:
    """Make a subscriber's preference links

     Personal URLs where one subscriber manages preferences or unsubscribes. Whoever holds a URL can use
    it, so treat it as a secret.

    Args:
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        body (LinkGenerationRequest): Whose links to make, and what for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorReply | LinkGenerationResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        business_unit_id=business_unit_id,
        channel=channel,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: LinkGenerationRequest,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
) -> ErrorReply | LinkGenerationResponse | None:
    """Make a subscriber's preference links

     Personal URLs where one subscriber manages preferences or unsubscribes. Whoever holds a URL can use
    it, so treat it as a secret.

    Args:
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        body (LinkGenerationRequest): Whose links to make, and what for.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorReply | LinkGenerationResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            business_unit_id=business_unit_id,
            channel=channel,
        )
    ).parsed
