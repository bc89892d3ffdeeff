# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from enum import StrEnum


class SetStatusSuccessReason(StrEnum):
    NO_STATUS_CHANGE = "NO_STATUS_CHANGE"
    REQUESTED_CHANGE_OCCURRED = "REQUESTED_CHANGE_OCCURRED"
    RESUBSCRIBE_OCCURRED = "RESUBSCRIBE_OCCURRED"
    UNSUBSCRIBE_FROM_ALL_OCCURRED = "UNSUBSCRIBE_FROM_ALL_OCCURRED"

    @classmethod
    def _missing_(cls, value: object) -> "SetStatusSuccessReason | None":
        # A value that HubSpot added after this contract was written prints and compares like any other.
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __reduce_ex__(self, protocol: object) -> "tuple[type[SetStatusSuccessReason], tuple[str]]":
        # By value: some Python versions pickle and copy by name, which only known members have.
        return type(self), (self._value_,)
