# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.channel import Channel
    from ...models.error_reply import ErrorReply
    from ...models.status_results import StatusResults


def _get_kwargs(
    subscriber_id_string: str,
    *,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
    verbose: bool | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["businessUnitId"] = business_unit_id

    json_channel = channel.value
    params["channel"] = json_channel

    params["verbose"] = verbose

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/communication-preferences/v4/statuses/{subscriber_id_string}/unsubscribe-all".format(
            subscriber_id_string=quote(str(subscriber_id_string), safe=""),
        ),
        "params": params,
    }

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
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
    verbose: bool | Unset = UNSET,
) -> Response[ErrorReply | StatusResults]:
    """Opt one subscriber out of all e-mail

     Opts out of the whole account, or of one brand where the account has brands.

    Args:
        subscriber_id_string (str):
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorReply | StatusResults]
    """

    kwargs = _get_kwargs(
        subscriber_id_string=subscriber_id_string,
        business_unit_id=business_unit_id,
        channel=channel,
        verbose=verbose,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
    verbose: bool | Unset = UNSET,
) -> ErrorReply | StatusResults | None:
    """Opt one subscriber out of all e-mail

     Opts out of the whole account, or of one brand where the account has brands.

    Args:
        subscriber_id_string (str):
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorReply | StatusResults
    """

    return sync_detailed(
        subscriber_id_string=subscriber_id_string,
        client=client,
        business_unit_id=business_unit_id,
        channel=channel,
        verbose=verbose,
    ).parsed


async def asyncio_detailed(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
    verbose: bool | Unset = UNSET,
) -> Response[ErrorReply | StatusResults]:
    """Opt one subscriber out of all e-mail

     Opts out of the whole account, or of one brand where the account has brands.

    Args:
        subscriber_id_string (str):
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        verbose (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorReply | StatusResults]
    """

    kwargs = _get_kwargs(
        subscriber_id_string=subscriber_id_string,
        business_unit_id=business_unit_id,
        channel=channel,
        verbose=verbose,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    subscriber_id_string: str,
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    channel: Channel,
    verbose: bool | Unset = UNSET,
) -> ErrorReply | StatusResults | None:
    """Opt one subscriber out of all e-mail

     Opts out of the whole account, or of one brand where the account has brands.

    Args:
        subscriber_id_string (str):
        business_unit_id (int | Unset):
        channel (Channel): A channel of communication.
        verbose (bool | Unset):

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
            business_unit_id=business_unit_id,
            channel=channel,
            verbose=verbose,
        )
    ).parsed
