"""Whether a subscription and a login may write at all."""

import base64

from pydantic import BaseModel

from soundtracks.cli.azure.az_answers import Policies, Subscription
from soundtracks.errors import AzureError

#: Beginning of a subscription's offer (its quota id) → what it cannot do of what we need.
LIMITED = {
    "FreeTrial": "the registry builds no images for it (build them here and push), and it ends with its credit",
    "AzureForStudents": "few regions, and the registry builds no images for it (build them here and push)",
}
#: Those that have neither containers nor Postgres.
TOO_SMALL = ("DreamSpark",)


def require_active(subscription: Subscription) -> str:
    """What kind of subscription it is. Raises AzureError for one that takes no writes, or cannot hold all of it."""
    name, state = subscription.display_name, subscription.state
    policies = subscription.subscription_policies or Policies()
    offer = (policies.quota_id or "").partition("_")[0]
    if state != "Enabled":
        raise AzureError(
            f"The subscription {name} is {state}: nothing can be made in it.",
            hint="The portal says why (Subscriptions): a bill that is not paid, a credit that is spent. Its owner can lift it.",
        )
    if offer.startswith(TOO_SMALL):
        raise AzureError(
            f"The subscription {name} is of the kind {offer}: it has neither containers nor Postgres.",
            hint="Upgrade it to pay as you go (portal, Subscriptions, Upgrade), or take another: `az account set -s NAME`.",
        )
    if limits := next((why for kind, why in LIMITED.items() if offer.startswith(kind)), ""):
        return f"{offer}: {limits}"
    if policies.spending_limit == "On":
        return f"{offer or 'of no known kind'}, with a spending limit: Azure stops everything when the credit is spent"
    return offer or "of no known kind"


def require_second_factor(token: str) -> str:
    """Whether Azure lets this login write: since late 2025 it asks people for a second factor. Raises AzureError.

    `token`: for Azure's control plane; nothing of it but how the login was proved is looked at.
    """
    claims = _claims(token)
    if claims.idtyp == "app":
        return "a program's login"
    if claims.amr is None:
        return "not told by the login"
    if "mfa" in claims.amr:
        return "with a second factor"
    raise AzureError(
        "This login was made without a second factor (MFA): Azure lets it read, but make nothing.",
        hint=f'`az logout`, then `az login --tenant {claims.tid} --scope "https://management.core.windows.net//.default"`, with '
        "MFA set up for the account (https://aka.ms/mfasetup).",
    )


class _Claims(BaseModel):
    """Of a token; nobody promises that it can be read."""

    idtyp: str | None = None
    amr: list[str] | None = None
    tid: str = "TENANT"


def _claims(token: str) -> _Claims:
    try:
        body = token.split(".")[1]
        return _Claims.model_validate_json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return _Claims()
