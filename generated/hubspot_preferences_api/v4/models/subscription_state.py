# Generated from openapi/v4.yaml by openapi-python-client 0.29.1. Do not edit:
# change what is in openapi/, then run `make generate`.

from enum import StrEnum


class SubscriptionState(StrEnum):
    NOT_SPECIFIED = "NOT_SPECIFIED"
    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"

    @classmethod
    def _missing_(cls, value: object) -> "SubscriptionState | None":
        # A value that HubSpot added after this contract was written prints and compares like any other.
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __reduce_ex__(self, protocol: object) -> "tuple[type[SubscriptionState], tuple[str]]":
        # By value: some Python versions pickle and copy by name, which only known members have.
        return type(self), (self._value_,)
