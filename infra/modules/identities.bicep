// One identity for each part, so that each may do its own work only (roles.bicep says what).
param location string
param tags object
param serverName string
param workerName string
param watcherName string
param registerName string
param flowsName string

resource server 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: serverName
  location: location
  tags: tags
}

resource worker 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: workerName
  location: location
  tags: tags
}

resource watcher 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: watcherName
  location: location
  tags: tags
}

resource register 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: registerName
  location: location
  tags: tags
}

resource flows 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: flowsName
  location: location
  tags: tags
}

output serverId string = server.id
output serverPrincipal string = server.properties.principalId
output serverClientId string = server.properties.clientId
output workerId string = worker.id
output workerPrincipal string = worker.properties.principalId
output workerClientId string = worker.properties.clientId
output watcherId string = watcher.id
output watcherPrincipal string = watcher.properties.principalId
output watcherClientId string = watcher.properties.clientId
output registerId string = register.id
output registerPrincipal string = register.properties.principalId
output flowsId string = flows.id
output flowsPrincipal string = flows.properties.principalId
output flowsClientId string = flows.properties.clientId
