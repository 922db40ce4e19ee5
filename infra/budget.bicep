// Tells before the month gets expensive; it stops nothing. A deployment of its own, after all others: a young subscription, or
// one of certain offers, may not have a budget, and nothing else depends on it.
targetScope = 'resourceGroup'

param name string
param amount int
@description('First day of a month: the budget counts from then. Azure lets nobody move it later.')
param start string
param email string
param actionGroup string

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      spent80: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [email]
        contactGroups: [actionGroup]
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
        contactGroups: [actionGroup]
      }
    }
  }
}
