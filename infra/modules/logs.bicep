// Where the output of all containers is kept, and who is told when something is wrong.
param location string
param tags object
param name string
param retentionDays int
param email string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    workspaceCapping: { dailyQuotaGb: 1 }
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'soundtracks'
    enabled: true
    emailReceivers: [
      { name: 'owner', emailAddress: email, useCommonAlertSchema: true }
    ]
  }
}

// A flow run that ends badly says so in its container's output; the tables appear with the first container.
resource failedRuns 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = {
  name: '${name}-failed-runs'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'A run failed or crashed'
    severity: 2
    enabled: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    scopes: [workspace.id]
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'union isfuzzy=true ContainerInstanceLog_CL, ContainerAppConsoleLogs_CL | extend line = coalesce(column_ifexists("Message", ""), column_ifexists("Log_s", "")) | where line matches regex "Finished in state (Failed|Crashed)|Traceback"'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

output id string = workspace.id
output name string = workspace.name
output customerId string = workspace.properties.customerId
output actionGroup string = people.id
