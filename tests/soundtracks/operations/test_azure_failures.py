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
    # a second harvest of public reports
    ("Failed to provision revision for container app 'x'. Error details: Operation expired.", 'container-did-not-start', "az container show --name NAME --query 'c", False),
    ('Deployment Progress Deadline Exceeded. 0/1 replicas ready.', 'container-did-not-start', "az container show --name NAME --query 'c", False),
    ("The gateway did not receive a response from 'Microsoft.App' within the specified time period. (Code: GatewayTimeout)", 'azure-timeout', 'soundtracks doctor --azure', True),
    ('The resource provision operation did not complete within the allowed timeout period. (Code: ResourceDeploymentTimeout) ProvisioningTimeout', 'azure-timeout', 'soundtracks doctor --azure', True),
    ('(ServerGroupDropping) Operations on a server group in dropping state are not allowed.', 'database-name-held', 'Wait some minutes; if', True),
    ('(InvalidParameterValue) Invalid value given for parameter serverName. Specify a valid parameter value.', 'server-name-rules', 'Another --prefix: small letters', False),
    ('(ParameterOutOfRange) The value of the version should be in []. Verify that the specified paramter value is correct.', 'postgres-region', 'soundtracks azure down', False),
    ('(AadAuthOperationCannotBePerformedWhenServerIsNotAccessible) The server is currently in a state where it is not accessible for AAD auth operation.', 'server-busy', 'Nothing is wrong: the', True),
    ("A conflict occurred that prevented the operation from completing. The operation failed because the Microsoft.KeyVault.UnifiedStorage.Core.DomainModel.ResourceId 'Key Vault' changed from the point the operation began. ConflictError", 'vault-busy', 'Nothing is wrong: the', True),
    ("(VaultAlreadyExists) The vault name 'kv' is already in use. Vault names are globally unique so it is possible that the name is already taken.", 'vault-deleted', 'soundtracks azure down', False),
    ("The Vault 'kv' not found within subscription.", 'vault-missing', 'az account show', False),
    ('(VirtualNetworkIdChangeNotAllowed) Updating required Virtual Network from /subscriptions/a to /subscriptions/b is currently not allowed.', 'databricks-network-change', 'Keep the network of', False),
    ("SubnetIsNotWithinVnetError: The subnet privdbxs CIDR range '<null>' is not within the Virtual Network CIDR range '192.168.2.0/24'", 'network-range', 'Correct the ranges or', False),
    ("Network Security Group doesn't have supporting Security Rule for Network Intent Policy Security Rule: Name: databricks-worker-to-storage. (Code: NetworkSecurityGroupNotCompliantWithNetworkIntentPolicy)", 'intent-policy', 'securityRules', False),
    ("(SubnetMissingRequiredDelegation) Subnet missing required delegation 'Microsoft.ContainerInstance' for container group 'x'.", 'delegation', 'soundtracks deploy --env azure', False),
    ('Resource /subscriptions/x/routeTables/aci cannot be created in or updated to use the subnet /subscriptions/x/subnets/aci-subnet since it has delegation(s) [/delegations/Microsoft.ContainerInstance/containerGroups] to external services.', 'subnet-delegated-elsewhere', 'A subnet of its', False),
    ("(InvalidOsType) The 'osType' for container group '<null>' is invalid. The value must be one of 'Windows,Linux'.", 'container-description', 'soundtracks deploy --env azure', False),
    ("(ContainerGroupDeploymentNotReady) The container group deployment 'x' is not ready", 'container-not-ready', 'Wait a minute, then', True),
    ("(RegionDoesNotAllowProvisioning) Location 'East US' is not accepting creation of new Azure Database for PostgreSQL servers at this time", 'region-closed', 'soundtracks doctor --azure', False),
    ("(LocationNotAvailableForResourceType) The provided location 'westus4' is not available for resource type 'Microsoft.App/managedEnvironments'. List of available regions for the resource type is 'x'.", 'region-closed', 'soundtracks doctor --azure', False),
    ("(SkuNotAvailable) The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: Standard_DS3_v2' is currently not available in location 'westeurope'.", 'size-not-available', 'az vm list-skus --location REGION -o tab', False),
    ('(QuotaExceeded) Operation could not be completed as it results in exceeding approved Total Regional Cores quota.', 'quota', 'soundtracks doctor --azure', False),
    ("(ManagedEnvironmentCapacityHeavyUsageError) The Managed Environment 'x' provisioning failed due to heavy usage in region 'westeurope'. Please try again later or use another region.", 'aci-capacity', 'Again after some minutes,', True),
    ("(NameUnavailable) The registry name 'x' is already in use. AlreadyInUse: The registry DNS name x.azurecr.io is already in use.", 'name-taken', 'soundtracks azure down', False),
    ('(StorageAccountInAnotherResourceGroup) The account x is already in another resource group in this subscription.', 'account-in-another-group', 'az resource list --name NAME -o table', False),
    ("(InvalidResourceLocation) The resource 'x' already exists in location 'westeurope' in resource group 'g'. A resource with the same name cannot be created in location 'northeurope'.", 'moved-region', 'soundtracks azure down', False),
    ("(InvalidResourceGroupLocation) Invalid resource group location 'northeurope'. The Resource group already exists in location 'westeurope'.", 'moved-region', 'soundtracks azure down', False),
    ("(ReservedResourceName) The resource name 'azure-x' or a part of the name is a trademarked or reserved word.", 'name-reserved', 'Another --prefix.', False),
    ('(AccountIsDisabled) The specified account is disabled. ', 'account-disabled', 'az account show --query state', False),
    ('(KeyBasedAuthenticationNotPermitted) Key based authentication is not permitted on this storage account.', 'keys-not-permitted', 'az storage', False),
    ("(InvalidAuthenticationTokenTenant) The access token is from the wrong issuer 'https://sts.windows.net/a/'. It must match the tenant 'https://sts.windows.net/b/' associated with this subscription.", 'token-of-another-tenant', 'az login --tenant TENANT', False),
    ("(ExpiredAuthenticationToken) The access token expiry UTC time '1/1/2026' is earlier than current UTC time", 'login-expired', 'az login', False),
    ('AADSTS500011: The resource principal named https://vault.azure.net was not found in the tenant', 'tenant-lacks-service', 'az login --tenant TENANT', False),
    ('AADSTS65001: The user or administrator has not consented to use the application', 'consent', 'az login --tenant TENANT', False),
    ("AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.", 'login-tenant', 'az login --tenant TENANT', False),
    ('AADSTS50158: External security challenge not satisfied.', 'login-second-factor', 'az logout', False),
    ('(RoleAssignmentLimitExceeded) No more role assignments can be created; the maximum number of role assignments has been reached', 'role-assignments-limit', 'az role assignment list --all --query "[', False),
    ('(InvalidPrincipalId) A valid principal ID must be provided for role assignment.', 'principal-invalid', 'az ad signed-in-user show --query id', False),
    ("(UnmatchedPrincipalType) The PrincipalId 'x' has type 'User' , which is different from specified PrinciaplType 'ServicePrincipal'.", 'principal-type', 'soundtracks azure up', False),
    ('The Private DNS Zone link to a virtual network already exists. A virtual network cannot be linked to multiple zones with overlapping namespaces. (Code: BadRequest)', 'private-zone', 'az network private-dns link vnet list', False),
    ('(InUseNatGatewayCannotBeDeleted) NatGateway nat is in use by /x and cannot be deleted.', 'subnet-in-use-by-gateway', 'soundtracks azure down', True),
    ('Deployment failed: Destination endpoint not found. Resource details: /queueServices. Issue: Resource should pre-exist before attempting this operation. (Code: Destination validation)', 'event-destination', 'soundtracks azure up', True),
    ('Url validation: The attempt to configure storage notifications for the provided storage account failed. Please ensure that your storage account meets the requirements', 'event-source', 'Again after some minutes;', True),
    ('Managed identity is not enabled on topic. Code: Forbidden... The identity does not have permission to deliver to storage queue', 'event-identity', 'Again after five minutes;', True),
    ("PERMISSION_DENIED: User does not have USE CATALOG on Catalog 'main'.", 'databricks-grant', 'An owner of the', False),
    ('Error: cannot create external location: Could not create storage credential: AzureServicePrincipal Invalid access connector resource id', 'databricks-connector', 'Its resource id is', False),
    ('Error: Unity Catalog is not enabled: METASTORE_DOES_NOT_EXIST: No metastore assigned for the current workspace.', 'databricks-no-metastore', 'databricks bundle deploy', False),
    ("INVALID_STATE: External Location 'lake' overlaps: LOCATION_OVERLAP: Input path url 'abfss://lake@x.dfs.core.windows.net/' overlaps with other external locations", 'databricks-overlap', 'databricks external-locations delete NAM', False),
    ('Error: failed during request visitor: default auth: cannot configure default credentials, please check https://docs.databricks.com/en/dev-tools/auth.html', 'databricks-login', 'databricks auth login --host https://adb', False),
    ('AZURE_QUOTA_EXCEEDED_EXCEPTION: Operation could not be completed as it results in exceeding approved standardDSv2Family Cores quota. CLOUD_PROVIDER_LAUNCH_FAILURE', 'databricks-quota', 'databricks bundle deploy', False),
    ('connection to server at "x.postgres.database.azure.com" failed: FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute', 'database-slots', 'SELECT usename, count(*) FROM pg_stat_ac', True),
    ('FATAL: no pg_hba.conf entry for host "20.1.2.3", user "prefect", database "prefect", no encryption', 'database-not-encrypted', '?ssl=verify-full', False),
    ('asyncpg.exceptions.InvalidAuthorizationSpecificationError: The access token does not have a valid signature or resource. FATAL: password authentication failed for user "server"', 'database-login', 'az postgres flexible-server microsoft-en', False),
    ('extension "pg_trgm" is not allow-listed for users in Azure Database for PostgreSQL', 'database-extension', 'soundtracks azure up', False),
    ('socket.gaierror: [Errno -2] Name or service not known: x.postgres.database.azure.com', 'unreachable', 'Network, proxy? Then the', True),
    ("(InvalidSubscriptionId) The provided subscription identifier 'x' is malformed or invalid.", 'subscription-missing', 'az account list -o table', False),
    ("(RequestDisallowedByPolicy) Resource 'x' was disallowed by policy. 'Require a tag on resources'", 'policy', 'Follow the reason in', False),
    ('The feature is not enabled for this subscription: Microsoft.X/AllowY', 'feature-missing', 'az feature register --namespace … --name', False),
    ("The deployment 'x' with resource id could not be found (DeploymentNotFound)", 'missing-resource', 'soundtracks azure up', True),
    ('Bicep CLI not found. Install it now by running "az bicep install".', 'bicep-missing', 'az bicep install', False),
    ('ERROR: The command requires the extension containerapp. Do you want to install it now?', 'cli-old', 'az upgrade', False),
    ('ERROR: Failed to connect to MSI. Please make sure MSI is configured correctly. Get Token request returned http error: 400, reason: Bad Request', 'cli-identity', 'az login', False),
    ("az: 'acr' failed: COULD_NOT_CONNECT / Could not connect to the registry login server 'x.azurecr.io'. CONNECTIVITY_DNS_ERROR", 'registry-unreachable', 'az acr check-health --name REGISTRY', False),
    ('failed to download context: failed to fetch context: AuthorizationFailure (acr build)', 'firewall', 'soundtracks azure up --admit ADDRESS/32', False),
    ('Run ID: ca1 failed after 10m. Error: failed during run, err: exit status 1', 'image-build', 'az acr task logs --registry REGISTRY --r', False),
    ('Run ID: ca1 failed: timed out after 600 seconds', 'image-build-time', 'docker build', False),
    ("(Conflict) Operation 'POST' is not allowed on workspace in state 'Deleting'", 'workspace-deleting', 'Wait some minutes, then', True),
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
