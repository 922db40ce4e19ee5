// Prefect's server, its workers, the clean-up, the watcher of the inbox, and two jobs, which azure-up starts: one migrates the
// database before a new server starts, one registers the deployments before new workers do. One image for all.
// Secrets come from the vault by each app's identity. The flows themselves run in container instances that the workers start.
param location string
param tags object
param name string
param serverName string
param workerName string
param watcherName string
param registerName string
param migrateName string
param upTo string
param subnet string
param networkId string
param adminAddresses array
param outgoingAddress string
param networkRange string
param registry string
param image string
param serverCpu string
param serverMemory string
param hasAlertWebhook bool
param databaseUrl string
param logsCustomerId string
param logsName string
param logsId string
param vaultUrl string
param lakeUrl string
param lakeAccountUrl string
param inboxQueue string
param serverIdentity string
param serverClientId string
param workerIdentity string
param workerClientId string
param watcherIdentity string
param watcherClientId string
param registerIdentity string
param flowsIdentity string
param flowsClientId string
param runsSubnet string
param databricksJob string
param actionGroup string

var isPrivate = empty(adminAddresses)
var serverUrl = 'https://${serverName}.${environment.properties.defaultDomain}'
var apiUrl = '${serverUrl}/api'
var authSecret = '${vaultUrl}secrets/prefect-api-auth-string'

// from inside: the runs, by the network's own or its outgoing address, and the environment's other apps, by its reserved range
var callers = ['${outgoingAddress}/32', networkRange, '100.100.0.0/16']
var admitted = isPrivate ? [] : concat(adminAddresses, callers)

// what every part that calls the server is given
var client = [
  { name: 'PREFECT_API_URL', value: apiUrl }
  { name: 'PREFECT_API_AUTH_STRING', secretRef: 'auth' }
]

// what the job that registers the deployments fills prefect.yaml with
var deployments = [
  { name: 'SOUNDTRACKS_IMAGE', value: image }
  { name: 'SOUNDTRACKS_AZURE_SUBSCRIPTION_ID', value: subscription().subscriptionId }
  { name: 'SOUNDTRACKS_AZURE_RESOURCE_GROUP', value: resourceGroup().name }
  { name: 'SOUNDTRACKS_AZURE_IDENTITY_ID', value: flowsIdentity }
  { name: 'SOUNDTRACKS_AZURE_IDENTITY_CLIENT_ID', value: flowsClientId }
  { name: 'SOUNDTRACKS_AZURE_REGISTRY', value: registry }
  { name: 'SOUNDTRACKS_AZURE_SUBNET_ID', value: runsSubnet }
  { name: 'SOUNDTRACKS_AZURE_LOG_WORKSPACE_ID', value: logsId }
  { name: 'SOUNDTRACKS_KEY_VAULT_URL', value: vaultUrl }
  { name: 'SOUNDTRACKS_LAKE_URL', value: lakeUrl }
  { name: 'SOUNDTRACKS_LAKE_ACCOUNT_URL', value: lakeAccountUrl }
  { name: 'SOUNDTRACKS_DATABRICKS_JOB', value: databricksJob }
]
// Postgres, as the server and the job that migrates it log in: prefect-azure takes the identity's token, anew for each connection,
// and verifies the server's certificate
var database = [
  { name: 'PREFECT_SERVER_DATABASE_CONNECTION_URL', value: databaseUrl }
  { name: 'PREFECT_PLUGINS_ENABLED', value: 'true' }
  { name: 'PREFECT_INTEGRATIONS_AZURE_POSTGRES_MANAGED_IDENTITY_ENABLED', value: 'true' }
  { name: 'PREFECT_INTEGRATIONS_AZURE_POSTGRES_MANAGED_IDENTITY_CLIENT_ID', value: serverClientId }
]
var watched = upTo == 'all' ? [serverName, workerName, watcherName] : []
var webhookSecret = { name: 'webhook', keyVaultUrl: '${vaultUrl}secrets/alert-webhook', identity: registerIdentity }
var webhookSecrets = hasAlertWebhook ? [webhookSecret] : []
var webhookEnv = hasAlertWebhook ? [{ name: 'SOUNDTRACKS_ALERT_WEBHOOK', secretRef: 'webhook' }] : []

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = { name: logsName }

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    vnetConfiguration: { infrastructureSubnetId: subnet, internal: isPrivate }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
    ]
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: { customerId: logsCustomerId, sharedKey: logs.listKeys().primarySharedKey }
    }
  }
}

module privateName 'private-name.bicep' = if (isPrivate) {
  name: 'private-name'
  params: {
    zoneName: environment.properties.defaultDomain
    address: environment.properties.staticIp
    networkId: networkId
    tags: tags
  }
}

// A large database may take longer than a server has to start; the old server goes on meanwhile.
resource migrate 'Microsoft.App/jobs@2024-03-01' = {
  name: migrateName
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${serverIdentity}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 3600
      replicaRetryLimit: 2
      registries: [
        { server: registry, identity: serverIdentity }
      ]
      secrets: []
    }
    template: {
      containers: [
        {
          name: 'migrate'
          image: image
          command: ['prefect', 'server', 'database', 'upgrade', '--yes']
          resources: { cpu: json('0.5'), memory: '1Gi' }
          env: database
        }
      ]
    }
  }
}

resource server 'Microsoft.App/containerApps@2024-03-01' = if (upTo != 'database') {
  name: serverName
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${serverIdentity}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [
        { server: registry, identity: serverIdentity }
      ]
      secrets: [
        { name: 'auth', keyVaultUrl: authSecret, identity: serverIdentity }
      ]
      ingress: {
        external: true // out of the apps' environment, for the flows' containers; outside the network only for the addresses below
        targetPort: 4200
        transport: 'auto'
        allowInsecure: false
        ipSecurityRestrictions: [
          for address in admitted: {
            name: 'allow-${replace(replace(address, '.', '-'), '/', '-')}'
            ipAddressRange: address
            action: 'Allow'
          }
        ]
      }
    }
    template: {
      containers: [
        {
          name: 'server'
          image: image
          // Prefect's server with its Origin checked and, after a restart, no slot taken; probes come by address, so any Host may
          args: [
            'python'
            '-m'
            'soundtracks.operations.api_server'
            '--host'
            '0.0.0.0'
            '--port'
            '4200'
            '--allow-host'
            '*'
          ]
          resources: { cpu: json(serverCpu), memory: serverMemory }
          env: concat(database, [
            { name: 'PREFECT_SERVER_API_AUTH_STRING', secretRef: 'auth' }
            { name: 'PREFECT_SERVER_UI_API_URL', value: apiUrl }
            { name: 'PREFECT_UI_URL', value: serverUrl } // links in the alerts
            { name: 'PREFECT_SERVER_ANALYTICS_ENABLED', value: 'false' }
            { name: 'PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS', value: serverUrl }
            { name: 'PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED', value: 'events,flow_runs' }
            { name: 'PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD', value: '7776000' } // 90 days: the lake keeps what runs made
          ])
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/api/health', port: 4200 }
              periodSeconds: 10
              failureThreshold: 30
            }
            {
              type: 'Liveness'
              httpGet: { path: '/api/health', port: 4200 }
              timeoutSeconds: 5 // a server under load, with a small database, takes more than the usual second
              periodSeconds: 30
              failureThreshold: 4
            }
          ]
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 }
    }
  }
}

// one app, a container for each pool and one that cleans up: they share the identity that starts and removes container groups
resource worker 'Microsoft.App/containerApps@2024-03-01' = if (upTo == 'all') {
  name: workerName
  location: location
  tags: tags
  dependsOn: [server]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${workerIdentity}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [
        { server: registry, identity: workerIdentity }
      ]
      secrets: [
        { name: 'auth', keyVaultUrl: authSecret, identity: workerIdentity }
      ]
    }
    template: {
      containers: [
        {
          name: 'worker'
          image: image
          args: ['prefect', 'worker', 'start', '--pool', 'soundtracks-azure', '--type', 'azure-container-instance']
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          env: concat(client, [
            { name: 'AZURE_CLIENT_ID', value: workerClientId }
          ])
        }
        {
          name: 'match-worker'
          image: image
          args: [
            'prefect'
            'worker'
            'start'
            '--pool'
            'soundtracks-match-azure'
            '--type'
            'azure-container-instance'
          ]
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          env: concat(client, [
            { name: 'AZURE_CLIENT_ID', value: workerClientId }
          ])
        }
        {
          name: 'cleanup'
          image: image
          args: ['soundtracks', 'azure', 'cleanup', '--every', '15'] // Azure shows how a container ended for half a minute
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          env: concat(client, [
            { name: 'AZURE_CLIENT_ID', value: workerClientId }
            { name: 'SOUNDTRACKS_AZURE_SUBSCRIPTION_ID', value: subscription().subscriptionId }
            { name: 'SOUNDTRACKS_AZURE_RESOURCE_GROUP', value: resourceGroup().name }
          ])
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 }
    }
  }
}

resource watcher 'Microsoft.App/containerApps@2024-03-01' = if (upTo == 'all') {
  name: watcherName
  location: location
  tags: tags
  dependsOn: [server]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${watcherIdentity}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: [
        { server: registry, identity: watcherIdentity }
      ]
      secrets: [
        { name: 'auth', keyVaultUrl: authSecret, identity: watcherIdentity }
      ]
    }
    template: {
      containers: [
        {
          name: 'watcher'
          image: image
          args: ['soundtracks', 'watch', '--deployment', 'link-soundtracks/azure']
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          env: concat(client, [
            { name: 'AZURE_CLIENT_ID', value: watcherClientId }
            { name: 'SOUNDTRACKS_LAKE_URL', value: lakeUrl }
            { name: 'SOUNDTRACKS_LAKE_ACCOUNT_URL', value: lakeAccountUrl }
            { name: 'SOUNDTRACKS_INBOX_QUEUE', value: inboxQueue }
          ])
        }
      ]
      scale: { minReplicas: 1, maxReplicas: 1 }
    }
  }
}

// `soundtracks deploy --env azure` from inside the network, where the server can be reached; azure-up starts it.
resource register 'Microsoft.App/jobs@2024-03-01' = if (upTo != 'database') {
  name: registerName
  location: location
  tags: tags
  dependsOn: [server]
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${registerIdentity}': {} } }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 900
      replicaRetryLimit: 2
      registries: [
        { server: registry, identity: registerIdentity }
      ]
      secrets: concat([{ name: 'auth', keyVaultUrl: authSecret, identity: registerIdentity }], webhookSecrets)
    }
    template: {
      containers: [
        {
          name: 'register'
          image: image
          command: ['soundtracks', 'deploy', '--env', 'azure'] // not by the image's entrypoint: the flows' secrets are none of its business
          resources: { cpu: json('0.5'), memory: '1Gi' }
          env: concat(client, deployments, webhookEnv)
        }
      ]
    }
  }
}

resource restarts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for app in watched: {
    name: '${app}-restarts'
    location: 'global'
    tags: tags
    dependsOn: [server, worker, watcher]
    properties: {
      description: 'It starts again and again: its log says why.'
      severity: 1
      enabled: true
      scopes: [resourceId('Microsoft.App/containerApps', app)]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'restarts'
            criterionType: 'StaticThresholdCriterion'
            metricName: 'RestartCount'
            operator: 'GreaterThan'
            threshold: 3
            timeAggregation: 'Maximum'
          }
        ]
      }
      actions: [
        { actionGroupId: actionGroup }
      ]
    }
  }
]

output apiUrl string = apiUrl
