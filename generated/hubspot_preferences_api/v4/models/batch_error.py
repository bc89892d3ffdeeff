# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.error_context import ErrorContext
    from ..models.error_detail import ErrorDetail
    from ..models.links import Links


class BatchError:
    """One error within a batch reply."""

    __slots__ = (
        "category",
        "context",
        "errors",
        "id",
        "links",
        "message",
        "status",
        "sub_category",
        "additional_properties",
    )

    category: None | str | Unset
    """ What kind of error this is; part of the contract, unlike the message. """
    context: ErrorContext | None | Unset
    """ Facts about the error, by name. """
    errors: list[ErrorDetail] | None | Unset
    """ What went wrong, one entry for each error. """
    id: None | str | Unset
    """ The identifier. """
    links: Links | None | Unset
    """ Related addresses, by name. """
    message: None | str | Unset
    """ An explanation for people; it may change at any time. """
    status: None | str | Unset
    """ The word "error". """
    sub_category: Any | Unset
    """ A finer category of the error. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        category: None | str | Unset = UNSET,
        context: ErrorContext | None | Unset = UNSET,
        errors: list[ErrorDetail] | None | Unset = UNSET,
        id: None | str | Unset = UNSET,
        links: Links | None | Unset = UNSET,
        message: None | str | Unset = UNSET,
        status: None | str | Unset = UNSET,
        sub_category: Any | Unset = UNSET,
    ) -> None:
        self.category = category
        self.context = context
        self.errors = errors
        self.id = id
        self.links = links
        self.message = message
        self.status = status
        self.sub_category = sub_category
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        from ..models.error_context import ErrorContext  # noqa: PLC0415
        from ..models.links import Links  # noqa: PLC0415

        category: None | str | Unset
        if isinstance(self.category, Unset):
            category = UNSET
        else:
            category = self.category

        context: dict[str, Any] | None | Unset
        if isinstance(self.context, Unset):
            context = UNSET
        elif isinstance(self.context, ErrorContext):
            context = self.context.to_dict()
        else:
            context = self.context

        errors: list[dict[str, Any]] | None | Unset
        if isinstance(self.errors, Unset):
            errors = UNSET
        elif isinstance(self.errors, list):
            errors = []
            for errors_type_0_item_data in self.errors:
                errors_type_0_item = errors_type_0_item_data.to_dict()
                errors.append(errors_type_0_item)

        else:
            errors = self.errors

        id: None | str | Unset
        if isinstance(self.id, Unset):
            id = UNSET
        else:
            id = self.id

        links: dict[str, Any] | None | Unset
        if isinstance(self.links, Unset):
            links = UNSET
        elif isinstance(self.links, Links):
            links = self.links.to_dict()
        else:
            links = self.links

        message: None | str | Unset
        if isinstance(self.message, Unset):
            message = UNSET
        else:
            message = self.message

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        sub_category = self.sub_category

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if category is not UNSET:
            field_dict["category"] = category
        if context is not UNSET:
            field_dict["context"] = context
        if errors is not UNSET:
            field_dict["errors"] = errors
        if id is not UNSET:
            field_dict["id"] = id
        if links is not UNSET:
            field_dict["links"] = links
        if message is not UNSET:
            field_dict["message"] = message
        if status is not UNSET:
            field_dict["status"] = status
        if sub_category is not UNSET:
            field_dict["subCategory"] = sub_category

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.error_context import ErrorContext  # noqa: PLC0415
        from ..models.error_detail import ErrorDetail  # noqa: PLC0415
        from ..models.links import Links  # noqa: PLC0415

        d = dict(src_dict)
        category = d.pop("category", UNSET)

        context = d.pop("context", UNSET)
        if isinstance(context, dict):
            try:
                context_type_0 = ErrorContext.from_dict(context)

                context = context_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                context = cast(ErrorContext | None | Unset, context)

        errors = d.pop("errors", UNSET)
        if isinstance(errors, list):
            try:
                errors_type_0 = []
                _errors_type_0 = errors
                for errors_type_0_item_data in _errors_type_0:
                    errors_type_0_item = ErrorDetail.from_dict(errors_type_0_item_data)

                    errors_type_0.append(errors_type_0_item)

                errors = errors_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                errors = cast(list[ErrorDetail] | None | Unset, errors)

        id = d.pop("id", UNSET)

        links = d.pop("links", UNSET)
        if isinstance(links, dict):
            try:
                links_type_0 = Links.from_dict(links)

                links = links_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                links = cast(Links | None | Unset, links)

        message = d.pop("message", UNSET)

        status = d.pop("status", UNSET)

        sub_category = d.pop("subCategory", UNSET)

        batch_error = cls(
            category,
            context,
            errors,
            id,
            links,
            message,
            status,
            sub_category,
        )

        batch_error.additional_properties = d
        return batch_error

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
