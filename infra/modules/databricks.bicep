// A Spark cluster's home, for catalogues that no single container matches: SOUNDTRACKS_SPARK_MASTER=sc://… reaches it.
param location string
param tags object
param name string

resource workspace 'Microsoft.Databricks/workspaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'premium' }
  properties: {
    computeMode: 'Hybrid' // clusters of its own: serverless alone does not take our Python packages
    managedResourceGroupId: subscriptionResourceId('Microsoft.Resources/resourceGroups', '${name}-managed')
    parameters: { enableNoPublicIp: { value: true } }
  }
}

output url string = workspace.properties.workspaceUrl
