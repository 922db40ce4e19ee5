// The lake: one container. A file that lands in its inbox becomes a message in the queue by Event Grid.
// No keys: identities only (roles.bicep).
param location string
param tags object
param name string
param lake string
param deadLetters string
param inbox string
param queue string
param topic string
param sku string
param subnets array
param adminAddresses array
param actionGroup string
@description('Access connector of Databricks, which may pass the firewall. Empty: there is none.')
param connectorId string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  kind: 'StorageV2'
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    isHnsEnabled: true // Unity Catalog takes no other account, and it cannot be switched on later without moving the data
    networkAcls: {
      defaultAction: 'Deny'
      bypass: 'AzureServices' // Event Grid delivers with its own identity
      virtualNetworkRules: [for subnet in subnets: { id: subnet, action: 'Allow' }]
      ipRules: [for address in adminAddresses: { value: replace(address, '/32', ''), action: 'Allow' }] // takes no /32
      resourceAccessRules: empty(connectorId) ? [] : [{ tenantId: tenant().tenantId, resourceId: connectorId }]
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: 14 }
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource lakeContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: lake
  properties: { publicAccess: 'None' }
}

resource deadLetterContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: deadLetters
  properties: { publicAccess: 'None' }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource landed 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = {
  parent: queues
  name: queue
}

// TMDB allows keeping answers for six months (deleted ones are kept for 14 days more), Discogs shows none older than six
// hours; reports get cold.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'forget-tmdb'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${lake}/raw/tmdb/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 165 } } }
          }
        }
        {
          name: 'forget-discogs'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${lake}/raw/discogs/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 1 } } }
          }
        }
        {
          name: 'cool-runs'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['${lake}/runs/', '${lake}/quarantine/'] }
            actions: { baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 30 } } }
          }
        }
      ]
    }
  }
}

resource events 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topic
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: account.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

module delivery 'delivery.bicep' = {
  name: 'delivery'
  params: {
    accountName: account.name
    queue: landed.name
    deadLetters: deadLetterContainer.name
    principal: events.identity.principalId
  }
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: events
  name: queue
  dependsOn: [delivery]
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: {
        endpointType: 'StorageQueue'
        properties: { resourceId: account.id, queueName: queue }
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: account.id, blobContainerName: deadLetters }
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      // with a hierarchical namespace one upload by its own API makes two events: when the file is begun, and when it is whole
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.api'
          values: ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose', 'SftpCommit']
        }
      ]
      subjectBeginsWith: '/blobServices/default/containers/${lake}/blobs/${inbox}/'
      isSubjectCaseSensitive: true
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}

resource undelivered 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${topic}-undelivered'
  location: 'global'
  tags: tags
  properties: {
    description: 'Event Grid gave up on a message: the file is found by the next listing, but why?'
    severity: 2
    enabled: true
    scopes: [events.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead letters'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'DeadLetteredCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
          skipMetricValidation: true // a fresh topic has not sent the metric yet
        }
      ]
    }
    actions: [
      { actionGroupId: actionGroup }
    ]
  }
}

output name string = account.name
output blobUrl string = 'https://${account.name}.blob.${environment().suffixes.storage}'
output dfsUrl string = 'abfss://${lake}@${account.name}.dfs.${environment().suffixes.storage}/'
output queueUrl string = 'https://${account.name}.queue.${environment().suffixes.storage}/${queue}'
