import { type Principal, type Role, ROLES } from '@tsunagari/access';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, type GraphQLField, parse } from 'graphql';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sampleOf } from '../../testing/src/mutation-contract';
import type { RequestContext } from './request-context';
import { enforceRoles } from './roles';

/**
 * Who may ask for which mutation of the whole graph. It says again what stands beside each mutation as @role(anyOf:), so that
 * nobody's reach widens by a slip in one line: a new mutation, or another role, changes this table too.
 */
const TABLE: Readonly<Record<string, string>> = {
  'customer frontend success data admin': `
    observeOutcome`,
  'customer frontend success ops admin': `
    acceptProposal activateSubscription cancelSubscription changePlan changeServiceContent confirmConsent connectCustomer
    decideProposals declineProposal denyConsent disconnectCustomer endFlow grantConsent migratePerpetualLicence
    objectToProcessing pauseSubscription presentProposals recordVoice redeemConnectCode registerProduct resumeSubscription
    setPreference snoozeProposal startFlow startTrial submitRequest submitSelfAssessment takeFlowStep undoCancellation
    withdrawConsent withdrawObjection withdrawRequest`,
  'frontend marketer success ops admin': `
    queueMessage`,
  'customer frontend success admin': `
    abandonGoal confirmGoal declareGoal reviseGoal`,
  'frontend success ops admin': `
    addAddOn cancelOrder fulfilProposal recordInteraction recordOrder`,
  'marketer data ops admin': `
    waivePolicyEvaluation`,
  'marketer success data admin': `
    approveOutcomeIndicator attachEvidence decideTuning defineNeed delegateTuningDecision invalidateAssumption
    proposePurposeHypothesis proposeTuning recordTuningFinding`,
  'marketer success ops admin': `
    addSuppression cancelMessage withdrawProposal`,
  'data ops admin': `
    attributeOutcome fitModel startRebuild`,
  'frontend ops admin': `
    recordDelivery recordPaymentFailure renewSubscription`,
  'frontend success admin': `
    commitOutcome`,
  'marketer data admin': `
    activatePolicy assessRetentionReadiness defineHoldout defineLifecycle defineOutcomeIndicator defineSegment
    learnExperience registerPolicy registerResultMetric retireDefinition retirePolicy reviseOutcomeIndicator runDecisions`,
  'marketer ops admin': `
    definePlan defineVoicePersona issueConnectCodes liftSuppression pauseTouchpoint publishNotice publishPlan
    publishTemplate registerTouchpoint resumeTouchpoint retirePlan retireTouchpoint sendTestMessage setFrequencyCap
    setQuietHours withdrawOffer`,
  'marketer success admin': `
    addServiceContent addWhyStep advanceServiceStage applyTuning chooseMeans declineNeed designSuccessService
    prioritiseNeed recordAssumption recordCapabilityGap setSuccessCondition`,
  'success ops admin': `
    acknowledgeRequest assignTask blockIdentifier completeTask fulfilRequest mergeCustomers openTask rejectRequest
    splitCustomer`,
  'data admin': `
    activateHealthModel backTestHealthModel defineHealthModel defineMetric evaluateTuning`,
  'marketer admin': `
    assignTuningRole closeTuningCycle createOffer defineConnectedValue defineCustomerStrategy defineExperientialValue
    defineFunctionalValue definePurpose defineTuningProcess holdReview importValueModelExample launchSuccessService
    publishOffer publishOutcomePromise publishValueModel retirePurpose retireSuccessService retireValueModel
    reviseCustomerStrategy reviseOffer reviseValueModel scheduleReview setKpi setPurposeValue`,
  'ops admin': `
    changeIdentityRules dropGeneration eraseCustomer promoteProjection rollBackProjection`,
  'success admin': `
    grantRemedy`,
};

const folder = path.join(__dirname, '..', 'generated', 'subgraphs');
const schemas = readdirSync(folder).map((file) => enforceRoles(buildSubgraphSchema(parse(readFileSync(path.join(folder, file), 'utf8')))));
const mutations = schemas.flatMap((schema) =>
  Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => ({ name: field.name, field, schema })),
);
const allowed = new Map(
  Object.entries(TABLE).flatMap(([roles, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, roles.split(' ')] as const),
  ),
);

it('the table names every mutation of the graph, and none that is not there', () => {
  expect(mutations.map(({ name }) => name).sort()).toEqual([...allowed.keys()].sort());
});

it.each(mutations)('$name is done for those of the table, and for nobody else', async ({ name, field, schema }) => {
  const answers = new Map<Role | 'nobody', string | undefined>();
  for (const role of [...ROLES, 'nobody'] as const) {
    const { errors = [] } = await execute({
      schema,
      document: parse(
        `mutation(${declared(field)}) { ${name}(${field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')}) { __typename } }`,
      ),
      variableValues: Object.fromEntries(field.args.map((arg) => [arg.name, sampleOf(arg.type)])),
      contextValue: { principal: principalOf(role) } satisfies Pick<RequestContext, 'principal'>,
    });
    const denied = errors.map(({ extensions }) => extensions['code']).find((code) => code === 'UNAUTHENTICATED' || code === 'FORBIDDEN');
    answers.set(role, denied === undefined ? undefined : String(denied));
  }
  const expected = ROLES.map((role) => [role, allowed.get(name)?.includes(role) ? undefined : 'FORBIDDEN'] as const);
  expect([...answers]).toEqual([...expected, ['nobody', 'UNAUTHENTICATED']]);
});

function declared({ args }: GraphQLField<unknown, unknown>): string {
  return args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
}

function principalOf(role: Role | 'nobody'): Principal {
  return role === 'nobody'
    ? { kind: 'anonymous', roles: [], actor: 'anonymous', subject: null }
    : { kind: 'staff', roles: [role], actor: 'user:spec', subject: null };
}
