// The vault. Who may read which secret: roles.bicep. A secret that is not given (empty) stays as it is.
param location string
param tags object
param name string
param subnets array
param adminAddresses array
param outgoingAddress string
param logsId string
@secure()
param prefectAuthString string
@secure()
param tmdbToken string
@secure()
param discogsToken string
@secure()
param sparkMaster string
@secure()
param alertWebhook string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Enabled' // for the subnets and addresses below
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices'
      virtualNetworkRules: [for subnet in subnets: { id: subnet }]
      // apps read references through the network's own address where their service endpoint is not asked
      ipRules: [for address in concat(adminAddresses, ['${outgoingAddress}/32']): { value: address }]
    }
  }
}

// who read which secret, and who was refused
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: logsId
    logs: [
      { categoryGroup: 'audit', enabled: true }
    ]
  }
}

resource auth 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(prefectAuthString)) {
  parent: vault
  name: 'prefect-api-auth-string'
  properties: { value: prefectAuthString, contentType: 'text/plain' }
}

resource tmdb 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(tmdbToken)) {
  parent: vault
  name: 'tmdb-token'
  properties: { value: tmdbToken, contentType: 'text/plain' }
}

resource discogs 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(discogsToken)) {
  parent: vault
  name: 'discogs-token'
  properties: { value: discogsToken, contentType: 'text/plain' }
}

// Where Spark runs; the address of Spark Connect holds a token
resource spark 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(sparkMaster)) {
  parent: vault
  name: 'spark-master'
  properties: { value: sparkMaster, contentType: 'text/plain' }
}

resource webhook 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(alertWebhook)) {
  parent: vault
  name: 'alert-webhook'
  properties: { value: alertWebhook, contentType: 'text/plain' }
}

output id string = vault.id
output name string = vault.name
output url string = vault.properties.vaultUri
