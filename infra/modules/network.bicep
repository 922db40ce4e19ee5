// One network: apps, flow runs and database each in their own subnet, one outgoing address for all.
// Discogs counts requests by address, so it must stay the same; new subnets reach nothing outside without a gateway.
param location string
param tags object
param name string
param gatewayName string
@description('The apps have no address outside of the network.')
param isPrivate bool
@description('A Databricks workspace will have its clusters here.')
param withDatabricks bool

// a cluster's machines and its containers have a subnet each; Databricks keeps its own rules in their security group
var delegation = [
  { name: 'databricks', properties: { serviceName: 'Microsoft.Databricks/workspaces' } }
]
var clusterNames = withDatabricks ? ['databricks-host', 'databricks-container'] : []
var clusterSubnets = [
  for (name, index) in clusterNames: {
    name: name
    properties: {
      addressPrefix: '10.42.${4 + index}.0/24'
      natGateway: { id: gateway.id }
      networkSecurityGroup: { id: clusters.id }
      delegations: delegation
      serviceEndpoints: [
        { service: 'Microsoft.Storage' }
      ]
    }
  }
]
var range = '10.42.0.0/16'

resource address 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: '${gatewayName}-address'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

resource gateway 'Microsoft.Network/natGateways@2024-05-01' = {
  name: gatewayName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    idleTimeoutInMinutes: 10
    publicIpAddresses: [
      { id: address.id }
    ]
  }
}

// What nobody asks for is not let in: into the subnets of database, runs and private apps only what
// comes from the network (and, by Azure's own rule, its load balancer).
resource closed 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-closed'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'network-only'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: 'VirtualNetwork'
          destinationPortRange: '*'
        }
      }
      {
        name: 'nothing-from-outside'
        properties: {
          priority: 200
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource clusters 'Microsoft.Network/networkSecurityGroups@2024-05-01' = if (withDatabricks) {
  name: '${name}-databricks'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [range] }
    subnets: concat(
      [
        {
          name: 'apps'
          properties: {
            addressPrefix: '10.42.0.0/23'
            natGateway: { id: gateway.id }
            networkSecurityGroup: isPrivate ? { id: closed.id } : null
            delegations: [
              { name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }
            ]
            serviceEndpoints: [
              { service: 'Microsoft.Storage' }
              { service: 'Microsoft.KeyVault' }
            ]
          }
        }
        {
          name: 'runs'
          properties: {
            addressPrefix: '10.42.2.0/24'
            natGateway: { id: gateway.id }
            networkSecurityGroup: { id: closed.id }
            delegations: [
              { name: 'runs', properties: { serviceName: 'Microsoft.ContainerInstance/containerGroups' } }
            ]
            serviceEndpoints: [
              { service: 'Microsoft.Storage' }
              { service: 'Microsoft.KeyVault' }
            ]
          }
        }
        {
          name: 'database'
          properties: {
            addressPrefix: '10.42.3.0/28'
            networkSecurityGroup: { id: closed.id }
            delegations: [
              { name: 'database', properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' } }
            ]
          }
        }
      ],
      clusterSubnets
    )
  }
}

resource apps 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'apps'
}

resource runs 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'runs'
}

resource database 'Microsoft.Network/virtualNetworks/subnets@2024-05-01' existing = {
  parent: network
  name: 'database'
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: '${name}.private.postgres.database.azure.com'
  location: 'global'
  tags: tags
}

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: 'network'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: network.id }
  }
}

output id string = network.id
output name string = network.name
output runsSubnetName string = runs.name
output appsSubnet string = apps.id
output runsSubnet string = runs.id
output databaseSubnet string = database.id
output clientSubnets array = [apps.id, runs.id]
output clusterSubnets array = [for name in clusterNames: '${network.id}/subnets/${name}']
output databaseZone string = zone.id
output outgoingAddress string = address.properties.ipAddress
output range string = range
