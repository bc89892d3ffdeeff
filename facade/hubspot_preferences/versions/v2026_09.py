"""2026-09: the second dated version; its contract equals that of 2026-03."""

from datetime import date

from . import Version
from .wire import Wire

VERSION = Version(name="2026-09", released=date(2026, 9, 8))


def wire() -> Wire:
    """What the generated package offers."""
    from hubspot_preferences_api.v2026_09 import models
    from hubspot_preferences_api.v2026_09.api.batch import (
        batch_read_opt_outs,
        batch_read_statuses,
        batch_unsubscribe_all,
        batch_write_statuses,
    )
    from hubspot_preferences_api.v2026_09.api.definitions import list_definitions
    from hubspot_preferences_api.v2026_09.api.links import generate_links
    from hubspot_preferences_api.v2026_09.api.statuses import (
        get_opt_outs,
        get_statuses,
        set_status,
        unsubscribe_all,
    )
    from hubspot_preferences_api.v2026_09.types import UNSET

    return Wire(
        name=VERSION.name,
        unset=UNSET,
        channel=models.Channel,
        subscription_state=models.SubscriptionState,
        legal_basis=models.LegalBasis,
        list_definitions=list_definitions._get_kwargs,
        generate_links=generate_links._get_kwargs,
        get_statuses=get_statuses._get_kwargs,
        set_status=set_status._get_kwargs,
        get_opt_outs=get_opt_outs._get_kwargs,
        unsubscribe_all=unsubscribe_all._get_kwargs,
        batch_read_statuses=batch_read_statuses._get_kwargs,
        batch_read_opt_outs=batch_read_opt_outs._get_kwargs,
        batch_unsubscribe_all=batch_unsubscribe_all._get_kwargs,
        batch_write_statuses=batch_write_statuses._get_kwargs,
        status_request=models.StatusRequest,
        subscriber_status_request=models.SubscriberStatusRequest,
        link_generation_request=models.LinkGenerationRequest,
        subscriber_input=models.BatchSubscriberInput,
        write_input=models.BatchWriteInput,
        status=models.SubscriptionStatus.from_dict,
        wide_status=models.WideStatus.from_dict,
        subscriber_statuses=models.SubscriberStatuses.from_dict,
        subscriber_wide_statuses=models.SubscriberWideStatuses.from_dict,
        subscriber_opt_out=models.SubscriberOptOut.from_dict,
        definition=models.SubscriptionDefinition.from_dict,
        links=models.LinkGenerationResponse.from_dict,
    )
