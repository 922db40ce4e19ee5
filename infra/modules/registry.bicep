// The image's registry. Pulled from by identity: it has no password.
param location string
param tags object
param name string
param sku string

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    adminUserEnabled: false
  }
}

output name string = registry.name
output server string = registry.properties.loginServer
