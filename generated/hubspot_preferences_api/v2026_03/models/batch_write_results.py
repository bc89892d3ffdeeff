# Generated from openapi/2026-03.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from ..models.processing_state import ProcessingState
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.batch_error import BatchError
    from ..models.links import Links
    from ..models.subscription_status import SubscriptionStatus


_ProcessingState = {member.value: member for member in ProcessingState}.get


class BatchWriteResults:
    """The reply to setting the states of many subscribers."""

    __slots__ = (
        "completed_at",
        "errors",
        "links",
        "num_errors",
        "requested_at",
        "results",
        "started_at",
        "status",
        "additional_properties",
    )

    completed_at: datetime.datetime | None | Unset
    """ When the work was finished. """
    errors: list[BatchError] | None | Unset
    """ What went wrong, one entry for each error. """
    links: Links | None | Unset
    """ Related addresses, by name. """
    num_errors: int | None | Unset
    """ How many errors occurred. """
    requested_at: datetime.datetime | None | Unset
    """ When the request arrived. """
    results: list[SubscriptionStatus] | None | Unset
    """ What was found or changed, one entry for each. """
    started_at: datetime.datetime | None | Unset
    """ When the work began. """
    status: None | ProcessingState | Unset
    """ How far the work got. """
    additional_properties: dict[str, Any]

    def __init__(
        self,
        completed_at: datetime.datetime | None | Unset = UNSET,
        errors: list[BatchError] | None | Unset = UNSET,
        links: Links | None | Unset = UNSET,
        num_errors: int | None | Unset = UNSET,
        requested_at: datetime.datetime | None | Unset = UNSET,
        results: list[SubscriptionStatus] | None | Unset = UNSET,
        started_at: datetime.datetime | None | Unset = UNSET,
        status: None | ProcessingState | Unset = UNSET,
    ) -> None:
        self.completed_at = completed_at
        self.errors = errors
        self.links = links
        self.num_errors = num_errors
        self.requested_at = requested_at
        self.results = results
        self.started_at = started_at
        self.status = status
        self.additional_properties = {}

    def to_dict(self) -> dict[str, Any]:
        from ..models.links import Links  # noqa: PLC0415

        completed_at: None | str | Unset
        if isinstance(self.completed_at, Unset):
            completed_at = UNSET
        elif isinstance(self.completed_at, datetime.datetime):
            completed_at = self.completed_at.isoformat()
        else:
            completed_at = self.completed_at

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

        links: dict[str, Any] | None | Unset
        if isinstance(self.links, Unset):
            links = UNSET
        elif isinstance(self.links, Links):
            links = self.links.to_dict()
        else:
            links = self.links

        num_errors: int | None | Unset
        if isinstance(self.num_errors, Unset):
            num_errors = UNSET
        else:
            num_errors = self.num_errors

        requested_at: None | str | Unset
        if isinstance(self.requested_at, Unset):
            requested_at = UNSET
        elif isinstance(self.requested_at, datetime.datetime):
            requested_at = self.requested_at.isoformat()
        else:
            requested_at = self.requested_at

        results: list[dict[str, Any]] | None | Unset
        if isinstance(self.results, Unset):
            results = UNSET
        elif isinstance(self.results, list):
            results = []
            for results_type_0_item_data in self.results:
                results_type_0_item = results_type_0_item_data.to_dict()
                results.append(results_type_0_item)

        else:
            results = self.results

        started_at: None | str | Unset
        if isinstance(self.started_at, Unset):
            started_at = UNSET
        elif isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, ProcessingState):
            status = self.status.value
        else:
            status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if completed_at is not UNSET:
            field_dict["completedAt"] = completed_at
        if errors is not UNSET:
            field_dict["errors"] = errors
        if links is not UNSET:
            field_dict["links"] = links
        if num_errors is not UNSET:
            field_dict["numErrors"] = num_errors
        if requested_at is not UNSET:
            field_dict["requestedAt"] = requested_at
        if results is not UNSET:
            field_dict["results"] = results
        if started_at is not UNSET:
            field_dict["startedAt"] = started_at
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.batch_error import BatchError  # noqa: PLC0415
        from ..models.links import Links  # noqa: PLC0415
        from ..models.subscription_status import SubscriptionStatus  # noqa: PLC0415

        d = dict(src_dict)
        completed_at = d.pop("completedAt", UNSET)
        if isinstance(completed_at, str):
            try:
                completed_at_type_0 = datetime.datetime.fromisoformat(completed_at)

                completed_at = completed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                completed_at = cast(datetime.datetime | None | Unset, completed_at)

        errors = d.pop("errors", UNSET)
        if isinstance(errors, list):
            try:
                errors_type_0 = []
                _errors_type_0 = errors
                for errors_type_0_item_data in _errors_type_0:
                    errors_type_0_item = BatchError.from_dict(errors_type_0_item_data)

                    errors_type_0.append(errors_type_0_item)

                errors = errors_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                errors = cast(list[BatchError] | None | Unset, errors)

        links = d.pop("links", UNSET)
        if isinstance(links, dict):
            try:
                links_type_0 = Links.from_dict(links)

                links = links_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                links = cast(Links | None | Unset, links)

        num_errors = d.pop("numErrors", UNSET)

        requested_at = d.pop("requestedAt", UNSET)
        if isinstance(requested_at, str):
            try:
                requested_at_type_0 = datetime.datetime.fromisoformat(requested_at)

                requested_at = requested_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                requested_at = cast(datetime.datetime | None | Unset, requested_at)

        results = d.pop("results", UNSET)
        if isinstance(results, list):
            try:
                results_type_0 = []
                _results_type_0 = results
                for results_type_0_item_data in _results_type_0:
                    results_type_0_item = SubscriptionStatus.from_dict(results_type_0_item_data)

                    results_type_0.append(results_type_0_item)

                results = results_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                results = cast(list[SubscriptionStatus] | None | Unset, results)

        started_at = d.pop("startedAt", UNSET)
        if isinstance(started_at, str):
            try:
                started_at_type_0 = datetime.datetime.fromisoformat(started_at)

                started_at = started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                started_at = cast(datetime.datetime | None | Unset, started_at)

        status = d.pop("status", UNSET)
        if isinstance(status, str):
            try:
                _status_type_0 = status
                status_type_0 = _ProcessingState(_status_type_0) or ProcessingState(_status_type_0)

                status = status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                status = cast(None | ProcessingState | Unset, status)

        batch_write_results = cls(
            completed_at,
            errors,
            links,
            num_errors,
            requested_at,
            results,
            started_at,
            status,
        )

        batch_write_results.additional_properties = d
        return batch_write_results

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
