export { customersSubgraph, type CustomersLoaders, type CustomersPorts } from './customers.subgraph';
export { readCustomers, type CustomerReads, type CustomerView, type IdentifierView } from './customer/customer.read-model';
export { identityCommands, type IdentityCommands, type IdentityResult } from './identity/identity.commands';
export { identityRulesCommands, type IdentityRulesCommands } from './identity-rules/identity-rules.commands';
export { identityDecider, type IdentityCommand, type IdentityState, type KnownCustomer } from './identity/identity.decider';
export { consentCommands, type ConsentCommands } from './consent/consent.commands';
export { mayContact, preferencesOf } from './consent/consent.answers';
export { consentExpiryReactor, expireConsent, reportedConsentReactor, takeReportedConsent } from './consent/consent.reactor';
