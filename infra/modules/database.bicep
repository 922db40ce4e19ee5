// Prefect's database. Reached from the network only.
param location string
param tags object
param name string
param subnet string
param privateZone string
param backupDays int
param sku string
// no disk can shrink: once autoGrow has made it larger, the larger size must be given again
param diskGB int
@secure()
param password string

var user = 'prefect'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: 'Burstable' }
  properties: {
    version: '16'
    administratorLogin: user
    administratorLoginPassword: empty(password) ? null : password // null: stays as it is
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

resource prefect 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = {
  parent: server
  name: 'prefect'
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
}

// Prefect's migrations need it, and Azure lists what may be installed.
resource extensions 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'azure.extensions'
  dependsOn: [prefect]
  properties: { value: 'PG_TRGM', source: 'user-override' }
}

output host string = server.properties.fullyQualifiedDomainName
output user string = user
output database string = prefect.name
