// Everything that Soundtrack Links needs in one resource group. `make azure-up` deploys it; docs/azure.md tells how.
// Every name is made here and handed down. The outputs are the environment variables that prefect.yaml asks for.
targetScope = 'resourceGroup'

@description('test is small and forgets early, prod keeps backups.')
@allowed(['test', 'prod'])
param environment string

@description('Stands in front of every name.')
@minLength(3)
@maxLength(8)
param prefix string = 'sndtrk'

@description('Where everything lies.')
param location string = resourceGroup().location

@description('Tag of the image in the registry: the commit. Empty on the first pass, before there is an image: no apps then.')
param imageTag string = ''

@description('How far the apps are renewed: azure-up deploys the job that migrates the database, then the server, then all, each when what is before it is done.')
@allowed(['database', 'server', 'all'])
param upTo string = 'all'

@description('Addresses (CIDR) that may reach the Prefect UI, the lake and the vault from outside. None: reachable from the network only; that cannot be changed later.')
param adminAddresses array = []

@description('Object id of who deploys: may read and write the lake. Empty: nobody but the apps.')
param adminObjectId string = ''

@description('Who is told of alerts.')
param alertEmail string

@description('Size of the database\'s disk. It grows by itself and cannot shrink: azure-up gives the size that is there.')
param databaseDiskGB int = 32

@description('A Databricks workspace for catalogues that no single container matches.')
param withDatabricks bool = false

@description('Subnets of the clusters of a workspace that is there already: they are let into the lake.')
param databricksSubnets array = []

@description('Address of the job that matches on Databricks, as the browser shows it; none: the match runs in a container.')
param databricksJob string = 'none'

// Secrets: azure-up makes the first and takes the others from the environment. Empty: the one in the vault stays as it is.
@secure()
@description('user:password of the Prefect API.')
param prefectAuthString string = ''

@secure()
@description('TMDB\'s read access token.')
param tmdbToken string = ''

@secure()
@description('Discogs\' personal token.')
param discogsToken string = ''

@secure()
@description('Where Spark runs: local[*] is in the container of the match.')
param sparkMaster string = ''

@secure()
@description('Address that is called when a run fails.')
param alertWebhook string = ''

@description('The vault holds such an address.')
#disable-next-line secure-secrets-in-params // says only whether there is one
param hasAlertWebhook bool = !empty(alertWebhook)

var unique = take(uniqueString(resourceGroup().id), 6)
var stem = '${prefix}-${environment}'
var names = {
  network: '${stem}-network'
  gateway: '${stem}-nat'
  storage: toLower('${prefix}${environment}${unique}')
  lake: 'lake'
  deadLetters: 'dead-letters'
  inbox: 'titles'
  queue: 'title-events'
  topic: '${stem}-storage-events'
  vault: '${prefix}-${environment}-${unique}'
  registry: toLower('${prefix}${environment}${unique}')
  image: 'soundtrack-links'
  logs: '${stem}-logs'
  database: '${stem}-${unique}-postgres'
  apps: '${stem}-apps'
  server: '${stem}-server'
  worker: '${stem}-worker'
  watcher: '${stem}-watcher'
  flows: '${stem}-flows'
  register: '${stem}-register'
  migrate: '${stem}-migrate'
  databricks: '${stem}-databricks'
}
var tags = {
  application: 'soundtrack-links'
  environment: environment
}
var hasConnector = withDatabricks || !empty(databricksSubnets)
var isProd = environment == 'prod'

module network 'modules/network.bicep' = {
  name: 'network'
  params: {
    location: location
    tags: tags
    name: names.network
    gatewayName: names.gateway
    isPrivate: empty(adminAddresses)
    withDatabricks: withDatabricks
  }
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  params: {
    location: location
    tags: tags
    serverName: names.server
    workerName: names.worker
    watcherName: names.watcher
    registerName: names.register
    flowsName: names.flows
  }
}

module logs 'modules/logs.bicep' = {
  name: 'logs'
  params: {
    location: location
    tags: tags
    name: names.logs
    retentionDays: isProd ? 90 : 30
    email: alertEmail
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    location: location
    tags: tags
    name: names.storage
    lake: names.lake
    deadLetters: names.deadLetters
    inbox: names.inbox
    queue: names.queue
    topic: names.topic
    sku: isProd ? 'Standard_ZRS' : 'Standard_LRS'
    subnets: concat(network.outputs.clientSubnets, network.outputs.clusterSubnets, databricksSubnets)
    adminAddresses: adminAddresses
    actionGroup: logs.outputs.actionGroup
    #disable-next-line BCP318 // it is there where it is asked for
    connectorId: hasConnector ? databricks.outputs.connectorId : ''
  }
}

module database 'modules/database.bicep' = {
  name: 'database'
  params: {
    location: location
    tags: tags
    name: names.database
    subnet: network.outputs.databaseSubnet
    privateZone: network.outputs.databaseZone
    adminName: names.server
    adminPrincipal: identities.outputs.serverPrincipal
    backupDays: isProd ? 21 : 7
    sku: isProd ? 'Standard_B2s' : 'Standard_B1ms'
    diskGB: databaseDiskGB
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    location: location
    tags: tags
    name: names.vault
    subnets: network.outputs.clientSubnets
    adminAddresses: adminAddresses
    outgoingAddress: network.outputs.outgoingAddress
    logsId: logs.outputs.id
    prefectAuthString: prefectAuthString
    tmdbToken: tmdbToken
    discogsToken: discogsToken
    sparkMaster: sparkMaster
    alertWebhook: alertWebhook
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  params: {
    location: location
    tags: tags
    name: names.registry
    sku: isProd ? 'Standard' : 'Basic'
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  params: {
    storageName: storage.outputs.name
    lake: names.lake
    inbox: names.inbox
    queue: names.queue
    vaultName: vault.outputs.name
    registryName: registry.outputs.name
    networkName: network.outputs.name
    runsSubnetName: network.outputs.runsSubnetName
    logsName: logs.outputs.name
    serverPrincipal: identities.outputs.serverPrincipal
    workerPrincipal: identities.outputs.workerPrincipal
    watcherPrincipal: identities.outputs.watcherPrincipal
    registerPrincipal: identities.outputs.registerPrincipal
    flowsPrincipal: identities.outputs.flowsPrincipal
    flowsName: names.flows
    adminObjectId: adminObjectId
    hasAlertWebhook: hasAlertWebhook
    hasConnector: hasConnector
    #disable-next-line BCP318 // it is there where it is asked for
    connectorPrincipal: hasConnector ? databricks.outputs.connectorPrincipal : ''
  }
}

module apps 'modules/apps.bicep' = if (!empty(imageTag)) {
  name: 'apps'
  dependsOn: [roles]
  params: {
    location: location
    tags: tags
    name: names.apps
    serverName: names.server
    workerName: names.worker
    watcherName: names.watcher
    registerName: names.register
    migrateName: names.migrate
    upTo: upTo
    subnet: network.outputs.appsSubnet
    networkId: network.outputs.id
    adminAddresses: adminAddresses
    outgoingAddress: network.outputs.outgoingAddress
    networkRange: network.outputs.range
    serverCpu: isProd ? '1.0' : '0.5'
    serverMemory: isProd ? '2Gi' : '1Gi'
    hasAlertWebhook: hasAlertWebhook
    registry: registry.outputs.server
    image: '${registry.outputs.server}/${names.image}:${imageTag}'
    logsCustomerId: logs.outputs.customerId
    logsName: logs.outputs.name
    logsId: logs.outputs.id
    vaultUrl: vault.outputs.url
    databaseUrl: database.outputs.url
    lakeUrl: 'az://${names.lake}'
    lakeAccountUrl: storage.outputs.blobUrl
    inboxQueue: storage.outputs.queueUrl
    serverIdentity: identities.outputs.serverId
    serverClientId: identities.outputs.serverClientId
    workerIdentity: identities.outputs.workerId
    workerClientId: identities.outputs.workerClientId
    watcherIdentity: identities.outputs.watcherId
    watcherClientId: identities.outputs.watcherClientId
    registerIdentity: identities.outputs.registerId
    flowsIdentity: identities.outputs.flowsId
    flowsClientId: identities.outputs.flowsClientId
    runsSubnet: network.outputs.runsSubnet
    databricksJob: databricksJob
    actionGroup: logs.outputs.actionGroup
  }
}

module databricks 'modules/databricks.bicep' = if (hasConnector) {
  name: 'databricks'
  params: {
    location: location
    tags: tags
    name: names.databricks
    withWorkspace: withDatabricks
    networkId: network.outputs.id
  }
}

#disable-next-line BCP318 // the apps are there as soon as there is an image
output PREFECT_API_URL string = empty(imageTag) || upTo != 'all' ? '' : apps.outputs.apiUrl
output SOUNDTRACKS_IMAGE string = '${registry.outputs.server}/${names.image}:${imageTag}'
output SOUNDTRACKS_AZURE_SUBSCRIPTION_ID string = subscription().subscriptionId
output SOUNDTRACKS_AZURE_RESOURCE_GROUP string = resourceGroup().name
output SOUNDTRACKS_AZURE_IDENTITY_ID string = identities.outputs.flowsId
output SOUNDTRACKS_AZURE_IDENTITY_CLIENT_ID string = identities.outputs.flowsClientId
output SOUNDTRACKS_AZURE_REGISTRY string = registry.outputs.server
output SOUNDTRACKS_AZURE_SUBNET_ID string = network.outputs.runsSubnet
output SOUNDTRACKS_AZURE_LOG_WORKSPACE_ID string = logs.outputs.id
output SOUNDTRACKS_KEY_VAULT_URL string = vault.outputs.url
output SOUNDTRACKS_LAKE_URL string = 'az://${names.lake}'
output SOUNDTRACKS_LAKE_ACCOUNT_URL string = storage.outputs.blobUrl
output SOUNDTRACKS_INBOX_QUEUE string = storage.outputs.queueUrl
output SOUNDTRACKS_DATABRICKS_JOB string = databricksJob
// variables of the bundle, databricks.yml: Databricks' own command reads them from .azure.env, in lower case
output BUNDLE_VAR_LAKE string = storage.outputs.dfsUrl
output BUNDLE_VAR_FLOWS_IDENTITY string = identities.outputs.flowsClientId
output BUNDLE_VAR_VAULT_ID string = vault.outputs.id
output BUNDLE_VAR_VAULT_URL string = vault.outputs.url
#disable-next-line BCP318 // it is there where it is asked for
output DATABRICKS_HOST string = withDatabricks ? 'https://${databricks.outputs.url}' : ''
#disable-next-line BCP318 // likewise
output DATABRICKS_CONNECTOR string = hasConnector ? databricks.outputs.connectorId : ''
output registryName string = names.registry
output imageName string = names.image
output storageName string = names.storage
output vaultName string = names.vault
output registerJob string = names.register
output migrateJob string = names.migrate
output serverApp string = names.server
output actionGroup string = logs.outputs.actionGroup
output stem string = stem
