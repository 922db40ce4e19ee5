// Prefect's database. Reached from the network only, by the identity of Prefect's server: there is no password.
param location string
param tags object
param name string
param subnet string
param privateZone string
param backupDays int
param sku string
// no disk can shrink: once autoGrow has made it larger, the larger size must be given again
param diskGB int
@description('Name and principal of the identity that the database belongs to.')
param adminName string
param adminPrincipal string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: 'Burstable' }
  properties: {
    version: '16'
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: tenant().tenantId }
    storage: { storageSizeGB: diskGB, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupDays, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
    maintenanceWindow: { customWindow: 'Enabled', dayOfWeek: 0, startHour: 3, startMinute: 0 } // Sundays, UTC
    network: {
      delegatedSubnetResourceId: subnet
      privateDnsZoneArmResourceId: privateZone
      publicNetworkAccess: 'Disabled'
    }
  }
}

// Prefect's migrations need it, and Azure lists what may be installed.
resource extensions 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'azure.extensions'
  properties: { value: 'PG_TRGM', source: 'user-override' }
}

resource admin 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = {
  parent: server
  name: adminPrincipal
  dependsOn: [extensions] // one change at a time, or the server is busy
  properties: { principalName: adminName, principalType: 'ServicePrincipal', tenantId: tenant().tenantId }
}

// After its administrator: made before, it belongs to a role of Azure's own, and nobody may use it.
resource prefect 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: server
  name: 'prefect'
  dependsOn: [admin]
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
}

output url string = 'postgresql+asyncpg://${adminName}@${server.properties.fullyQualifiedDomainName}:5432/${prefect.name}'
