// What a Databricks workspace needs here: the connector by which its Unity Catalog reaches the lake (its roles: roles.bicep), and,
// where it is asked for, the workspace itself, its clusters in our network. What is in it makes the bundle, databricks.yml.
param location string
param tags object
param name string
@description('There is no workspace yet.')
param withWorkspace bool
param networkId string

resource connector 'Microsoft.Databricks/accessConnectors@2024-05-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
}

resource workspace 'Microsoft.Databricks/workspaces@2026-01-01' = if (withWorkspace) {
  name: name
  location: location
  tags: tags
  sku: { name: 'premium' }
  properties: {
    computeMode: 'Hybrid' // clusters of its own: serverless alone does not take our Python packages
    managedResourceGroupId: subscriptionResourceId('Microsoft.Resources/resourceGroups', '${name}-managed')
    parameters: {
      enableNoPublicIp: { value: true }
      customVirtualNetworkId: { value: networkId }
      customPublicSubnetName: { value: 'databricks-host' }
      customPrivateSubnetName: { value: 'databricks-container' }
    }
  }
}

#disable-next-line BCP318 // it is there where it is asked for
output url string = withWorkspace ? workspace.properties.workspaceUrl : ''
output connectorId string = connector.id
output connectorPrincipal string = connector.identity.principalId
