// Who may do what: the least that each part needs, on the smallest thing it needs it on.
param storageName string
param lake string
param inbox string
param queue string
param vaultName string
param registryName string
param networkName string
param runsSubnetName string
param logsName string
param serverPrincipal string
param workerPrincipal string
param watcherPrincipal string
param registerPrincipal string
param flowsPrincipal string
param flowsName string
param adminObjectId string
param hasAlertWebhook bool
param hasConnector bool
param connectorPrincipal string

// ids of Azure's own roles: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var builtIn = {
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobDelegator: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
  queueContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // the processor's role may not put a message back
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  secretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  pull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  identityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: storageName }

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource lakeContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: lake
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource messages 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = {
  parent: queues
  name: queue
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = { name: vaultName }

resource auth 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = {
  parent: vault
  name: 'prefect-api-auth-string'
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = { name: registryName }

resource flows 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = { name: flowsName }

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = { name: logsName }

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = { name: networkName }

resource runs 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: runsSubnetName
}

// Azure's own contributor role for containers may do far more than start and end them.
resource launcher 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'launcher')
  properties: {
    roleName: 'Soundtrack Links launcher (${resourceGroup().name} ${uniqueString(resourceGroup().id)})' // unique in the tenant
    description: 'Starts, watches and deletes the container groups of flow runs.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/subscriptions/resourceGroups/read'
          'Microsoft.Resources/deployments/read'
          'Microsoft.Resources/deployments/write'
          'Microsoft.Resources/deployments/validate/action'
          'Microsoft.Resources/deployments/operations/read'
          'Microsoft.Resources/deployments/operationstatuses/read'
          'Microsoft.Resources/deployments/delete'
          'Microsoft.ContainerInstance/containerGroups/read'
          'Microsoft.ContainerInstance/containerGroups/write'
          'Microsoft.ContainerInstance/containerGroups/delete'
          'Microsoft.ContainerInstance/containerGroups/containers/logs/read'
          'Microsoft.ContainerInstance/locations/operations/read'
        ]
      }
    ]
  }
}

resource joiner 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'joiner')
  properties: {
    roleName: 'Soundtrack Links joiner (${resourceGroup().name} ${uniqueString(resourceGroup().id)})'
    description: 'Puts containers into the subnet of the runs, and their output into the log workspace.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Network/virtualNetworks/subnets/read'
          'Microsoft.Network/virtualNetworks/subnets/join/action'
          'Microsoft.OperationalInsights/workspaces/read'
          'Microsoft.OperationalInsights/workspaces/listKeys/action' // the job template's listKeys()
          'Microsoft.OperationalInsights/workspaces/sharedKeys/action'
        ]
      }
    ]
  }
}

resource workerLaunches 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, workerPrincipal, 'launch')
  properties: {
    principalId: workerPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: launcher.id
  }
}

resource workerJoins 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(runs.id, workerPrincipal, 'join')
  scope: runs
  properties: {
    principalId: workerPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: joiner.id
  }
}

resource workerLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(logs.id, workerPrincipal, 'log')
  scope: logs
  properties: {
    principalId: workerPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: joiner.id
  }
}

resource workerLends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(flows.id, workerPrincipal, 'lend')
  scope: flows
  properties: {
    principalId: workerPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.identityOperator)
  }
}

resource pulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in [serverPrincipal, workerPrincipal, watcherPrincipal, registerPrincipal, flowsPrincipal]: {
    name: guid(registry.id, principal, 'pull')
    scope: registry
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.pull)
    }
  }
]

resource flowsWriteLake 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(lakeContainer.id, flowsPrincipal, 'lake')
  scope: lakeContainer
  properties: {
    principalId: flowsPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.blobContributor)
  }
}

// The watcher reads the inbox, moves wrong files into quarantine, and notes which version of a file has its run.
var blobActions = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var changes = [
  for action in ['write', 'add/action', 'delete', 'move/action']: '!(ActionMatches{\'${blobActions}/${action}\'})'
]
var places = [
  for folder in [inbox, 'quarantine/${inbox}', 'inbox']: '@Resource[${blobActions}:path] StringStartsWith \'${folder}/\''
]

resource watcherWritesInbox 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(lakeContainer.id, watcherPrincipal, 'inbox')
  scope: lakeContainer
  properties: {
    principalId: watcherPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.blobContributor)
    condition: '((${join(changes, ' AND ')}) OR (${join(places, ' OR ')}))'
    conditionVersion: '2.0'
  }
}

resource takesMessages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(messages.id, watcherPrincipal, 'messages')
  scope: messages
  properties: {
    principalId: watcherPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.queueContributor)
  }
}

resource callsServer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in [serverPrincipal, workerPrincipal, watcherPrincipal, registerPrincipal]: {
    name: guid(auth.id, principal, 'auth')
    scope: auth
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.secretsUser)
    }
  }
]

// What flows read: each secret by its name, not the whole vault. soundtracks/operations/vault.py names the same ones.
var flowSecrets = ['tmdb-token', 'discogs-token', 'prefect-api-auth-string', 'spark-master']

resource flowKeys 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = [
  for secret in flowSecrets: {
    parent: vault
    name: secret
  }
]

resource flowsReadKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secret, index) in flowSecrets: {
    name: guid(vault.id, secret, flowsPrincipal)
    scope: flowKeys[index]
    properties: {
      principalId: flowsPrincipal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.secretsUser)
    }
  }
]

resource webhook 'Microsoft.KeyVault/vaults/secrets@2023-07-01' existing = {
  parent: vault
  name: 'alert-webhook'
}

// the job that registers the deployments hands it to the server
resource registerReadsWebhook 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasAlertWebhook) {
  name: guid(vault.id, 'alert-webhook', registerPrincipal)
  scope: webhook
  properties: {
    principalId: registerPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.secretsUser)
  }
}

// Unity Catalog hands out keys that are bound to a path and end soon: for them the connector needs the delegator's role on the
// account, and what they open, on the container.
resource connectorWritesLake 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasConnector) {
  name: guid(lakeContainer.id, connectorPrincipal, 'lake')
  scope: lakeContainer
  properties: {
    principalId: connectorPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.blobContributor)
  }
}

resource connectorDelegates 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (hasConnector) {
  name: guid(account.id, connectorPrincipal, 'delegate')
  scope: account
  properties: {
    principalId: connectorPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.blobDelegator)
  }
}

resource adminWritesLake 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(adminObjectId)) {
  name: guid(lakeContainer.id, adminObjectId, 'lake')
  scope: lakeContainer
  properties: {
    principalId: adminObjectId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.blobContributor)
  }
}

resource adminKeepsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(adminObjectId)) {
  name: guid(vault.id, adminObjectId, 'secrets')
  scope: vault
  properties: {
    principalId: adminObjectId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.secretsOfficer)
  }
}
