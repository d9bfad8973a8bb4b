import { accept, type Aggregate, decided, type Decision, refuse } from '@tsunagari/command';
import {
  type MeansChosen,
  meansChosen,
  refusal,
  SERVICE_STAGES,
  type ServiceContentAdded,
  serviceContentAdded,
  serviceFacts,
  type ServiceStage,
  type SuccessServiceDesigned,
  successServiceDesigned,
  successServiceLaunched,
  successServiceRetired,
  successServiceStageChanged,
} from '@tsunagari/contracts';

/** A service that helps customers reach a purpose: first the purpose, then its content, then the means. */
export type SuccessService = SuccessServiceDesigned & {
  readonly stage: ServiceStage;
  readonly contents: readonly Omit<ServiceContentAdded, 'serviceId'>[];
  readonly touchpointIds: readonly string[];
  readonly returnPathId: string | null;
  readonly launchedAt: string | null;
};

export type SuccessServiceCommand = { readonly serviceId: string } & (
  | ({ readonly kind: 'DesignSuccessService'; readonly purposeExists: boolean } & Omit<SuccessServiceDesigned, 'serviceId'>)
  | ({ readonly kind: 'AddServiceContent' } & Omit<ServiceContentAdded, 'serviceId'>)
  | ({ readonly kind: 'ChooseMeans' } & Omit<MeansChosen, 'serviceId'>)
  | { readonly kind: 'AdvanceServiceStage'; readonly to: ServiceStage }
  /** Looked up by whoever sends it: an approved indicator of its purpose, and a tuning process. */
  | { readonly kind: 'LaunchSuccessService'; readonly indicatorApproved: boolean; readonly tuningProcessDefined: boolean }
  | { readonly kind: 'RetireSuccessService'; readonly reason: string }
);

function decide(command: SuccessServiceCommand, state: SuccessService | null): Decision {
  const { serviceId } = command;
  if (command.kind === 'DesignSuccessService') {
    if (state !== null) return refuse(refusal('SERVICE_EXISTS', 'serviceId', `${serviceId} is designed already`, 'choose another id'));
    if (!command.purposeExists)
      return refuse(
        refusal('UNKNOWN_PURPOSE', 'purposeId', 'a success service serves a purpose that is defined', 'define the purpose first'),
      );
    const { kind: _, purposeExists: __, ...designed } = command;
    return accept(decided(successServiceDesigned, designed));
  }
  if (state === null)
    return refuse(refusal('UNKNOWN_SERVICE', 'serviceId', `no success service is called ${serviceId}`, 'design it first'));
  if (state.stage === 'retired') return refuse(refusal('SERVICE_RETIRED', 'serviceId', 'a retired service does not change'));
  switch (command.kind) {
    case 'AddServiceContent': {
      const { kind: _, ...content } = command;
      if (state.contents.some(({ contentId }) => contentId === command.contentId))
        return refuse(refusal('CONTENT_EXISTS', 'contentId', 'content is added once', 'choose another id'));
      return accept(decided(serviceContentAdded, content));
    }
    case 'ChooseMeans': {
      if (state.contents.length === 0)
        return refuse(
          refusal(
            'MEANS_BEFORE_PURPOSE',
            'touchpointIds',
            'means come after purpose and content',
            'add the content first, then choose where it is',
          ),
        );
      if (command.touchpointIds.length === 0) return refuse(refusal('MISSING_FIELD', 'touchpointIds', 'at least one touchpoint is chosen'));
      const { kind: _, ...means } = command;
      return accept(decided(meansChosen, means));
    }
    case 'AdvanceServiceStage': {
      const next = SERVICE_STAGES[SERVICE_STAGES.indexOf(state.stage) + 1];
      const own = command.to === 'launched' || command.to === 'retired';
      if (own || command.to !== next)
        return refuse(
          refusal(
            'SERVICE_STAGE_ORDER',
            'to',
            own ? `${command.to} is a decision of its own` : `after ${state.stage} comes ${next ?? 'nothing'}`,
            own ? 'launch or retire it' : 'advance one stage at a time',
          ),
        );
      return accept(decided(successServiceStageChanged, { serviceId, from: state.stage, to: command.to }));
    }
    case 'LaunchSuccessService':
      return launch(command, state);
    case 'RetireSuccessService':
      return accept(
        decided(successServiceStageChanged, { serviceId, from: state.stage, to: 'retired' }),
        decided(successServiceRetired, { serviceId, reason: command.reason }),
      );
  }
}

function launch(command: Extract<SuccessServiceCommand, { kind: 'LaunchSuccessService' }>, state: SuccessService): Decision {
  const { serviceId, purposeId, stage } = state;
  if (state.launchedAt !== null) return accept();
  if (state.contents.every(({ incentive }) => incentive))
    return refuse(
      refusal(
        'INCENTIVE_ONLY',
        'contents',
        'a success service makes customers able to do something',
        'add content that is no incentive, or run a campaign',
      ),
    );
  if (state.returnPathId === null)
    return refuse(refusal('NO_RETURN_PATH', 'returnPathId', 'a customer can answer', 'choose means with a return path'));
  if (!command.indicatorApproved)
    return refuse(
      refusal(
        'INDICATOR_NOT_APPROVED',
        'purposeId',
        'a launched service has an approved indicator',
        'have an indicator of its purpose approved',
      ),
    );
  if (!command.tuningProcessDefined)
    return refuse(refusal('NO_TUNING_PROCESS', 'serviceId', 'a launched service is tuned', 'define its tuning process first'));
  return accept(
    decided(successServiceStageChanged, { serviceId, from: stage, to: 'launched' }),
    decided(successServiceLaunched, { serviceId, purposeId }),
  );
}

export const successServiceAggregate: Aggregate<SuccessServiceCommand, SuccessService | null> = {
  context: 'value',
  category: 'successService',
  facts: serviceFacts,
  decider: {
    initial: null,
    evolve(state, { type, data, occurred }) {
      if (type === successServiceDesigned.type)
        return {
          ...(data as SuccessServiceDesigned),
          stage: 'concept',
          contents: [],
          touchpointIds: [],
          returnPathId: null,
          launchedAt: null,
        };
      if (state === null) return state;
      switch (type) {
        case serviceContentAdded.type: {
          const { serviceId: _, ...content } = data as ServiceContentAdded;
          return { ...state, contents: [...state.contents, content] };
        }
        case meansChosen.type: {
          const { touchpointIds, returnPathId } = data as MeansChosen;
          return { ...state, touchpointIds, returnPathId: returnPathId ?? null };
        }
        case successServiceStageChanged.type:
          return { ...state, stage: (data as { to: ServiceStage }).to };
        case successServiceLaunched.type:
          return { ...state, launchedAt: occurred };
        default:
          return state;
      }
    },
    decide,
  },
};
