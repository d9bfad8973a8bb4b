import {
  meansChosen,
  purposeRetired,
  serviceContentAdded,
  serviceFacts,
  type ServiceStage,
  successServiceDesigned,
  successServiceLaunched,
  successServiceRetired,
  successServiceStageChanged,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { successServiceAggregate, type SuccessServiceCommand } from './success-service.decider';

const { decider } = successServiceAggregate;
const design_ = exampleOf(successServiceDesigned);
const { serviceId, purposeId } = design_;
const content_ = exampleOf(serviceContentAdded);
const means_ = exampleOf(meansChosen);

const designed = recorded(successServiceDesigned, design_);
const content = recorded(serviceContentAdded, content_);
const incentive = recorded(serviceContentAdded, { ...content_, contentId: 'gift', incentive: true });
const means = recorded(meansChosen, means_);
const oneWay = recorded(meansChosen, { serviceId, touchpointIds: ['flyer'] });
const changed = (from: ServiceStage, to: ServiceStage) => recorded(successServiceStageChanged, { serviceId, from, to });
const launched = recorded(successServiceLaunched, { serviceId, purposeId }, { occurred: '2026-02-02T00:00:00.000Z' });
const retired = changed('launched', 'retired');

const design = { kind: 'DesignSuccessService', purposeExists: true, ...design_ } as const;
const add = { kind: 'AddServiceContent', ...content_ } as const;
const choose = { kind: 'ChooseMeans', ...means_ } as const;
const advance = (to: ServiceStage) => ({ kind: 'AdvanceServiceStage', serviceId, to }) as const;
const launch = { kind: 'LaunchSuccessService', serviceId, indicatorApproved: true, tuningProcessDefined: true } as const;
const retire = { kind: 'RetireSuccessService', serviceId, reason: 'another' } as const;
const later: readonly SuccessServiceCommand[] = [add, choose, advance('designed'), launch, retire];
const toStage = (from: ServiceStage, to: ServiceStage) => ({
  definition: successServiceStageChanged,
  subject: null,
  data: { serviceId, from, to },
});

describe('a success service [0.13]', () => {
  it('begins with a purpose that is defined', () => {
    given(decider).when(design).then({ definition: successServiceDesigned, subject: null, data: design_ });
    given(decider)
      .when({ ...design, purposeExists: false })
      .thenRefused('UNKNOWN_PURPOSE', 'purposeId');
    given(decider, [designed]).when(design).thenRefused('SERVICE_EXISTS', 'serviceId');
    for (const command of later) given(decider).when(command).thenRefused('UNKNOWN_SERVICE', 'serviceId');
  });

  it('gets its content, each once [0.10]', () => {
    given(decider, [designed, incentive]).when(add).then({ definition: serviceContentAdded, subject: null, data: content_ });
    given(decider, [designed, incentive, content]).when(add).thenRefused('CONTENT_EXISTS', 'contentId');
  });

  it('gets its means after the content [0.12]', () => {
    given(decider, [designed, content]).when(choose).then({ definition: meansChosen, subject: null, data: means_ });
    given(decider, [designed]).when(choose).thenRefused('MEANS_BEFORE_PURPOSE', 'touchpointIds');
    given(decider, [designed, content])
      .when({ ...choose, touchpointIds: [] })
      .thenRefused('MISSING_FIELD', 'touchpointIds');
  });

  it('advances one stage at a time; launch and retirement are decisions of their own [0.23]', () => {
    given(decider, [designed]).when(advance('designed')).then(toStage('concept', 'designed'));
    given(decider, [designed, changed('concept', 'designed')])
      .when(advance('implemented'))
      .then(toStage('designed', 'implemented'));
    given(decider, [designed, changed('implemented', 'launched')])
      .when(advance('tuned'))
      .then(toStage('launched', 'tuned'));
    const told = (to: ServiceStage, ...facts: readonly ReturnType<typeof changed>[]) => {
      given(decider, [designed, ...facts])
        .when(advance(to))
        .thenRefused('SERVICE_STAGE_ORDER', 'to');
      const decision = decider.decide(advance(to), folded(decider, [designed, ...facts]));
      return decision.kind === 'refused' ? [decision.refusal.rule, decision.refusal.remedy] : [];
    };
    expect(told('implemented')).toEqual(['after concept comes designed', 'advance one stage at a time']);
    expect(told('concept')).toEqual(['after concept comes designed', 'advance one stage at a time']);
    expect(told('launched', changed('designed', 'implemented'))).toEqual(['launched is a decision of its own', 'launch or retire it']);
    expect(told('retired', changed('launched', 'tuned'))).toEqual(['retired is a decision of its own', 'launch or retire it']);
  });

  it('is retired for good', () => {
    given(decider, [designed])
      .when(retire)
      .then(toStage('concept', 'retired'), { definition: successServiceRetired, subject: null, data: { serviceId, reason: 'another' } });
    for (const command of later) given(decider, [designed, retired]).when(command).thenRefused('SERVICE_RETIRED', 'serviceId');
  });
});

describe('a launch [0.11] [0.14] [0.19]', () => {
  const ready = [designed, incentive, content, means];

  it('needs content beside incentives, a way to answer, a measure, and a tuning process', () => {
    given(decider, ready)
      .when(launch)
      .then(toStage('concept', 'launched'), { definition: successServiceLaunched, subject: null, data: { serviceId, purposeId } });
    for (const facts of [
      [designed, means],
      [designed, incentive, means],
    ])
      given(decider, facts).when(launch).thenRefused('INCENTIVE_ONLY', 'contents');
    for (const facts of [
      [designed, content],
      [designed, content, oneWay],
    ])
      given(decider, facts).when(launch).thenRefused('NO_RETURN_PATH', 'returnPathId');
    given(decider, ready)
      .when({ ...launch, indicatorApproved: false })
      .thenRefused('INDICATOR_NOT_APPROVED', 'purposeId');
    given(decider, ready)
      .when({ ...launch, tuningProcessDefined: false })
      .thenRefused('NO_TUNING_PROCESS', 'serviceId');
  });

  it('happens once', () => {
    given(decider, [...ready, launched])
      .when(launch)
      .thenNothingHappened();
  });
});

describe('a success service as it stands', () => {
  const { serviceId: _, ...holds } = content_;
  const fresh = { ...design_, stage: 'concept', contents: [], touchpointIds: [], returnPathId: null, launchedAt: null };

  it('is what was designed, with what came since', () => {
    expect(folded(decider, [designed])).toEqual(fresh);
    const facts = [designed, content, incentive, means, changed('concept', 'launched'), launched];
    const stands = {
      ...{ ...fresh, stage: 'launched', contents: [holds, { ...holds, contentId: 'gift', incentive: true }] },
      ...{ touchpointIds: means_.touchpointIds, returnPathId: means_.returnPathId, launchedAt: launched.occurred },
    };
    expect(folded(decider, facts)).toEqual(stands);
    expect(folded(decider, [...facts, recorded(purposeRetired, { purposeId, reason: 'x' })])).toEqual(stands);
    expect(folded(decider, [...facts, oneWay])).toEqual({ ...stands, touchpointIds: ['flyer'], returnPathId: null });
  });

  it('is nothing before it is designed', () => {
    for (const fact of serviceFacts.slice(1)) expect(folded(decider, [recorded(fact, exampleOf(fact))])).toBeNull();
  });
});
