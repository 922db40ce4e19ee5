"""What Azure says, each in the shapes in which it arrives: plain, in the CLI's envelope, and folded into others' JSON."""

import json
from pathlib import Path

import pytest

from soundtracks.operations.azure_failures import MAX_READ, advise, core, unfold

#: text, the entry that fits, part of the remedy, whether it passes by itself
CASES = [
    ("Please run 'az login' to setup account.", "login", "az login", False),
    ("AADSTS700082: The refresh token has expired due to inactivity.", "login-expired", "az login", False),
    ("AADSTS50076: Due to a configuration change, you must use multi-factor authentication to access 'x'.", "login-second-factor", "az logout", False),
    ("AADSTS50079: The user is required to use multi-factor authentication.", "login-second-factor", "--tenant", False),
    ("AADSTS53003: Access has been blocked by Conditional Access policies.", "login-conditional-access", "managed device", False),
    ("AADSTS7000222: The provided client secret keys for app 'x' are expired.", "login-secret", "credential reset", False),
    ("AADSTS90002: Tenant 'x' not found.", "login-tenant", "--tenant", False),
    ("Continuous access evaluation resulted in challenge with result: InteractionRequired", "login-token", "az logout", False),
    ("(ReadOnlyDisabledSubscription) The subscription 'x' is disabled and therefore marked as read only.", "subscription-disabled", "pay-as-you-go", False),
    ("(SubscriptionNotFound) The subscription 'x' could not be found.", "subscription-missing", "az account set", False),
    ("The subscription is not registered to use namespace 'Microsoft.App'.", "provider-not-registered", "--namespace Microsoft.App ", False),
    ("(MissingSubscriptionRegistration) The subscription is not registered to use namespace 'Microsoft.Web'.", "provider-not-registered", "--namespace Microsoft.Web ", False),
    ("The Microsoft.EventGrid resource provider is not registered in subscription x.", "provider-not-registered", "Microsoft.EventGrid ", False),
    ("No registered resource provider found for location 'northeurope' and API version '2020-09-01' for type 'serverFarms'.", "api-not-in-region", "--location", False),
    ("(RequestDisallowedByAzure) Resource 'x' was disallowed by Azure: This policy maintains a set of best available regions", "regions-of-the-subscription", "Allowed resource deployment regions", False),
    ("RequestDisallowedByPolicy: Resource 'x' was disallowed by policy. Reasons: 'Only in the allowed locations.'", "policy-regions", "--location", False),
    ("RequestDisallowedByPolicy: Resource 'x' was disallowed by policy 'no-public-ip'.", "policy", "exemption", False),
    ("(RegionIsOfferRestricted) Subscriptions are restricted from provisioning in this region.", "postgres-region", "northeurope", False),
    ("The value of 'Version' should be in: []. Verify the specified parameter value.", "postgres-region", "--location", False),
    ("(MaxNumberOfGlobalEnvironmentsInSubExceeded) The subscription 'x' cannot have more than 0 Container App Environments.", "environments-zero", "support", False),
    ("(MaxNumberOfRegionalEnvironmentsInSubExceeded) The subscription 'x' cannot have more than 1 Container App Environments in West Europe.", "environments", "--location", False),
    ("(DeploymentQuotaExceeded) Creating the deployment 'x' would exceed the quota of '800'.", "deployments-800", "az deployment group delete", False),
    ("(SubscriptionRequestsThrottled) Number of requests for subscription 'x' exceeded the backend storage limit.", "throttled", "Nothing is wrong", True),
    ("(TooManyRequests) The request is being throttled.", "throttled", "wait", True),
    ("(ServiceUnavailable) The requested resource is not available in the location 'westus' at this moment.", "aci-capacity", "smaller container", True),
    ("(ContainerGroupQuotaReached) container group quota 'StandardCores' exceeded in region 'westeurope'.", "aci-quota", "az container list", True),
    ("(PublicIPCountLimitReached) Cannot create more than 3 public IP addresses for this subscription in this region.", "public-addresses", "az network public-ip", False),
    ("Insufficient privileges to complete the operation.", "directory-rights", "Directory Readers", False),
    ("Authorization failed for template resource 'r' of type 'Microsoft.Authorization/roleAssignments'. The client 'c' does not have permission to perform action 'Microsoft.Authorization/roleAssignments/write' at scope '/s'.", "rights-preflight", "User Access Administrator", False),
    ("(AuthorizationFailed) The client 'a' does not have authorization to perform action 'x/write' over scope '/s'", "rights", "Owner", False),
    ("(LinkedAuthorizationFailed) The client has permission, but not on the linked scope.", "rights-linked", "Owner", False),
    ("(AuthorizationPermissionMismatch) This request is not authorized to perform this operation using this permission.", "data-role", "five minutes", True),
    ("(Forbidden) Caller is not authorized to perform action on resource. Inner error: { \"code\": \"ForbiddenByRbac\" }", "data-role", "firewall is not", True),
    ("(PrincipalNotFound) Principal 0123 does not exist in the directory x.", "principal-not-replicated", "again", True),
    ("Tenant ID, application ID, principal ID, and scope are not allowed to be updated.", "role-update", "az role assignment delete", False),
    ("(RoleAssignmentExists) The role assignment already exists.", "role-exists", "Delete that assignment", False),
    ("A role definition cannot be updated with a name that already exist.", "role-name-taken", "azure down", False),
    ("There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).", "role-in-use", "assignments", True),
    ("(Forbidden) Public network access is disabled and request is not from a trusted service.", "no-public-access", "inside the network", False),
    ("denied: client with IP '203.0.113.9' is not allowed access.", "registry-firewall", "--admit 203.0.113.9/32", False),
    ("This request is not authorized to perform this operation. ErrorCode:AuthorizationFailure", "firewall", "--admit", False),
    ("Client address is not authorized and caller is not a trusted service. ForbiddenByFirewall", "firewall", "--admit", False),
    ("Subnet runs requires any of the following delegations to reference service association link /x/serviceAssociationLinks/acisal.", "service-association-link", "az rest --method delete", False),
    ("(InUseSubnetCannotBeDeleted) Subnet runs is in use by /x/networkProfiles/y and cannot be deleted.", "subnet-in-use", "ten minutes", True),
    ("Subnet missing required delegation 'Microsoft.ContainerInstance' for container group 'x'.", "delegation", "Delegate the subnet", False),
    ("ManagedEnvironmentSubnetDelegationError: The subnet of the environment must be delegated to the service.", "delegation-of-the-apps", "again after some minutes", True),
    ("Provided subnet must have a size of at least /23", "subnet-size", "larger subnet", False),
    ("(NetcfgSubnetRangesOverlap) Subnet 'a' is not valid because its IP address range overlaps with that of another.", "network-range", "network.bicep", False),
    ("The workspace name 'x-logs' is not unique", "workspace-name", "--force", False),
    ("(ConflictError) A vault with the same name already exists in deleted state.", "vault-deleted", "purge", False),
    ("(ServerNameAlreadyExists) Specified server name is already used.", "name-taken", "--prefix", False),
    ("Specified server name is already used.", "name-taken", "--prefix", False),
    ("(StorageAccountAlreadyTaken) The storage account named x is already taken.", "name-taken", "--prefix", False),
    ("(ResourceGroupBeingDeleted) The resource group 'g' is in deprovisioning state.", "group-being-deleted", "az group exists", True),
    ("'distinct' operator: Failed to resolve table or column expression named 'ContainerInstanceLog_CL'", "query-table", "first run", True),
    ("The container group 'x' is still transitioning, please retry later.", "transitioning", "minute", True),
    ("(ServerIsBusy) Cannot complete operation while the server 'x' is busy processing another operation.", "server-busy", "again", True),
    ("(DeploymentActive) Unable to edit or replace deployment 'x'.", "busy", "goes on where it was", True),
    ("(OperationInProgress) Another operation is in progress.", "busy", "wait", True),
    ("Failed to provision revision: unable to pull image using Managed identity /x for registry y.azurecr.io", "app-pull", "AcrPull", True),
    ("(RegistryErrorResponse) An error response is received from the docker registry 'index.docker.io'.", "docker-hub", "az acr import", True),
    ("toomanyrequests: You have reached your pull rate limit.", "docker-hub", "az acr import", True),
    ("(TasksOperationsNotAllowed) ACR Tasks requests for the registry x are not permitted.", "acr-tasks", "docker push", False),
    ("(InvalidImageRegistryIdentity) The identity in the 'imageRegistryCredentials' of container group 'x' not found in container group identity list.", "registry-identity", "both places", False),
    ("UNAUTHORIZED: authentication required, visit https://aka.ms/acr/authorization", "registry-unauthorized", "AcrPull", False),
    ("(InaccessibleImage) The image 'x.azurecr.io/y:1' in container group 'z' is not accessible.", "image", "show-tags", False),
    ("(DowngradeDiskSizeUnsupported) Reducing the disk size is not supported.", "disk-smaller", "storageSizeGb", False),
    ("Password validation failed. The password does not meet policy requirements because it is not complex enough.", "password-rules", "Another password", False),
    ("Cost Management supports only Enterprise Agreement, Web direct and Microsoft Customer Agreement offer types.", "budget-offer", "--no-budget", False),
    ("400: Start date of budgets cannot be updated.", "budget-moved", "delete the budget", False),
    ("400: Start date for monthly time grain should not be prior to current month.", "budget-past", "first day", False),
    ("The managed resource group '/s/resourceGroups/dbx' already exists.", "databricks-group-exists", "az group delete", False),
    ("(ScopeLocked) The scope 'x' cannot perform delete operation because following scope(s) are locked", "locked", "az lock delete", False),
    ("(InvalidRequestContent) The request content was invalid and could not be deserialized", "request-content", "prefect.yaml", False),
    ("it reached terminal provisioning state 'Failed'.", "container-did-not-start", "az container show", False),
    ("HTTPSConnectionPool(host='management.azure.com'): Max retries exceeded with url", "unreachable", "proxy", True),
    ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate in chain", "certificate", "REQUESTS_CA_BUNDLE", False),
    ("'containerapp' is misspelled or not recognized by the system.", "cli-old", "az upgrade", False),
    ("Code=\"InternalServerError\" Message=\"An unexpected error occured while processing the request.\"", "internal", "again", True),
    ("(InvalidTemplateDeployment) The template deployment is not valid.", "template", "names the field", False),
]  # fmt: skip
#: As the CLI prints it, and as a provider's answer lies inside ARM's.
ENVELOPES = {
    "plain": lambda text: text,
    "cli": lambda text: f"ERROR: {text}\nCode: Whatever\nMessage: {text}",
    "arm": lambda text: "ERROR: " + json.dumps(
        {"status": "Failed", "error": {"code": "DeploymentFailed", "message": "At least one resource deployment operation failed.",
                                       "details": [{"code": "BadRequest", "message": json.dumps({"error": {"message": text}}, indent=2)}]}}),
    "twice": lambda text: json.dumps({"error": {"message": json.dumps({"error": {"message": json.dumps({"message": text})}})}}),
}  # fmt: skip


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize(("text", "name", "remedy", "passes"), CASES, ids=[f"{n}-{case[1]}" for n, case in enumerate(CASES)])
def test_each_failure_has_its_advice_in_each_envelope(text, name, remedy, passes, envelope):
    advice = advise(ENVELOPES[envelope](text))
    assert advice is not None
    assert (advice.name, advice.again is not None) == (name, passes)
    assert remedy in advice.remedy
    assert "{" not in advice.cause


def test_what_no_entry_fits_has_none():
    assert advise("ERROR: (SomethingNew) Nobody has seen this.") is None


def test_the_printed_commands_are_never_cut():
    token = "eyJ" + "x" * 3000
    said = (
        "ERROR: Run the command below to authenticate interactively; additional arguments may be added as needed:\n"
        f'az logout\naz login --tenant "t" --scope "https://management.core.windows.net//.default" --claims-challenge "{token}"\n\n'
        "(RequestDisallowedByPolicy) Resource was disallowed by policy. Users must use MFA for Create/Update operations."
    )
    advice = advise(said)
    assert advice is not None
    assert f'az logout && az login --tenant "t"' in advice.remedy  # noqa: F541
    assert token in advice.remedy


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("TooManyRequests. Please try again after '5' minutes.", 300),
        ("TooManyRequests. Please try again after '6' seconds.", 60),
        ("TooManyRequests. Retry after 2 hours.", 7200),
    ],
)
def test_the_wait_that_azure_asks_for_counts(said, seconds):
    advice = advise(said)
    assert advice is not None
    assert advice.again == seconds


def test_folds_are_undone_at_any_depth():
    text = 'the "zone" is locked'
    for _ in range(5):
        text = json.dumps({"message": text})
    assert 'the "zone" is locked' in unfold(text)
    assert core(text) == 'the "zone" is locked'


def test_a_very_long_text_is_read_at_its_end():
    said = "x" * (3 * MAX_READ) + " ERROR: (ScopeLocked) locked"
    advice = advise(said)
    assert advice is not None
    assert advice.name == "locked"


def test_the_texts_that_people_got(shared_data: Path):
    """Beside the project: real texts, each with whether it passes by itself."""
    failures = json.loads((shared_data / "azure_errors.json").read_text())
    wrong = []
    for failure in failures:
        for name, envelope in ENVELOPES.items():
            advice = advise(envelope(failure["text"]))
            if advice is None or (advice.again is not None) != failure["transient"]:
                wrong.append((failure["id"], name, advice))
    assert wrong == []
