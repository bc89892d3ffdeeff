# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.error_context import ErrorContext


class ErrorDetail:
    """One detail of an error."""

    __slots__ = (
        "code",
        "context",
        "in_",
        "message",
        "sub_category",
        "additional_properties",
    )

    code: None | str | Unset
    """ A code for this detail. """
    context: ErrorContext | None | Unset
    """ Facts about the error, by name. """
    in_: None | str | Unset
    """ The field or parameter at fault. """
    message: None | str | Unset
    """ An explanation for people; it may change at any time. """
    sub_category: Any | Unset
    """ A finer category of the error. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        code: None | str | Unset = UNSET,
        context: ErrorContext | None | Unset = UNSET,
        in_: None | str | Unset = UNSET,
        message: None | str | Unset = UNSET,
        sub_category: Any | Unset = UNSET,
    ) -> None:
        self.code = code
        self.context = context
        self.in_ = in_
        self.message = message
        self.sub_category = sub_category
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        from ..models.error_context import ErrorContext  # noqa: PLC0415

        code: None | str | Unset
        if isinstance(self.code, Unset):
            code = UNSET
        else:
            code = self.code

        context: dict[str, Any] | None | Unset
        if isinstance(self.context, Unset):
            context = UNSET
        elif isinstance(self.context, ErrorContext):
            context = self.context.to_dict()
        else:
            context = self.context

        in_: None | str | Unset
        if isinstance(self.in_, Unset):
            in_ = UNSET
        else:
            in_ = self.in_

        message: None | str | Unset
        if isinstance(self.message, Unset):
            message = UNSET
        else:
            message = self.message

        sub_category = self.sub_category

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if code is not UNSET:
            field_dict["code"] = code
        if context is not UNSET:
            field_dict["context"] = context
        if in_ is not UNSET:
            field_dict["in"] = in_
        if message is not UNSET:
            field_dict["message"] = message
        if sub_category is not UNSET:
            field_dict["subCategory"] = sub_category

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.error_context import ErrorContext  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code", UNSET)

        context = d.pop("context", UNSET)
        if isinstance(context, dict):
            try:
                context_type_0 = ErrorContext.from_dict(context)

                context = context_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                context = cast(ErrorContext | None | Unset, context)

        in_ = d.pop("in", UNSET)

        message = d.pop("message", UNSET)

        sub_category = d.pop("subCategory", UNSET)

        error_detail = cls(
            code,
            context,
            in_,
            message,
            sub_category,
        )

        error_detail.additional_properties = d
        return error_detail

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
