# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx

from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.definition_results import DefinitionResults
    from ...models.error_reply import ErrorReply


def _get_kwargs(
    *,
    business_unit_id: int | Unset = UNSET,
    include_translations: bool | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["businessUnitId"] = business_unit_id

    params["includeTranslations"] = include_translations

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/communication-preferences/v4/definitions",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DefinitionResults | ErrorReply:

    from ...models.definition_results import DefinitionResults
    from ...models.error_reply import ErrorReply

    if response.status_code == 200:
        response_200 = DefinitionResults.from_dict(response.json())

        return response_200

    response_default = ErrorReply.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[DefinitionResults | ErrorReply]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    include_translations: bool | Unset = UNSET,
) -> Response[DefinitionResults | ErrorReply]:
    """List the subscription types of the account

     Every subscription type, archived ones included, optionally with its translations.

    Args:
        business_unit_id (int | Unset):
        include_translations (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DefinitionResults | ErrorReply]
    """

    kwargs = _get_kwargs(
        business_unit_id=business_unit_id,
        include_translations=include_translations,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    include_translations: bool | Unset = UNSET,
) -> DefinitionResults | ErrorReply | None:
    """List the subscription types of the account

     Every subscription type, archived ones included, optionally with its translations.

    Args:
        business_unit_id (int | Unset):
        include_translations (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DefinitionResults | ErrorReply
    """

    return sync_detailed(
        client=client,
        business_unit_id=business_unit_id,
        include_translations=include_translations,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    include_translations: bool | Unset = UNSET,
) -> Response[DefinitionResults | ErrorReply]:
    """List the subscription types of the account

     Every subscription type, archived ones included, optionally with its translations.

    Args:
        business_unit_id (int | Unset):
        include_translations (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DefinitionResults | ErrorReply]
    """

    kwargs = _get_kwargs(
        business_unit_id=business_unit_id,
        include_translations=include_translations,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    business_unit_id: int | Unset = UNSET,
    include_translations: bool | Unset = UNSET,
) -> DefinitionResults | ErrorReply | None:
    """List the subscription types of the account

     Every subscription type, archived ones included, optionally with its translations.

    Args:
        business_unit_id (int | Unset):
        include_translations (bool | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DefinitionResults | ErrorReply
    """

    return (
        await asyncio_detailed(
            client=client,
            business_unit_id=business_unit_id,
            include_translations=include_translations,
        )
    ).parsed
