import {
  type SelfService,
  selfServicePathClosed,
  selfServicePathOpened,
  taskOpened,
  touchpointPaused,
  touchpointRegistered,
  touchpointResumed,
  touchpointRetired,
  voicePersonaDefined,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { pathsDecider, type TouchpointCommand, touchpointDecider } from './touchpoint.decider';

const touchpoint = exampleOf(touchpointRegistered);
const { touchpointId } = touchpoint;
const { touchpointId: _, ...voice } = exampleOf(voicePersonaDefined);
const about = { touchpointId, reason: 'moves' };
const registered = recorded(touchpointRegistered, touchpoint);
const paused = recorded(touchpointPaused, about, { position: '2' });
const resumed = recorded(touchpointResumed, { touchpointId }, { position: '3' });
const retired = recorded(touchpointRetired, about, { position: '4' });
const spoken = recorded(voicePersonaDefined, { touchpointId, ...voice }, { position: '5' });
const unrelated = recorded(taskOpened, exampleOf(taskOpened), { position: '6' });

const register = { kind: 'RegisterTouchpoint', touchpointId, returnPathIsKnown: true, touchpoint } as const;
const pause = { kind: 'PauseTouchpoint', ...about } as const;
const resume = { kind: 'ResumeTouchpoint', touchpointId } as const;
const retire = { kind: 'RetireTouchpoint', ...about } as const;
const define = { kind: 'DefineVoicePersona', touchpointId, ...voice } as const;
const told = <D>(definition: D, data: object) => ({ definition, subject: null, data });

describe('a touchpoint [0.04] [2.08]', () => {
  it('is registered once', () => {
    given(touchpointDecider).when(register).then(told(touchpointRegistered, touchpoint));
    given(touchpointDecider, [registered]).when(register).thenRefused('TOUCHPOINT_EXISTS', 'touchpointId');
  });

  it('that only sends names the open touchpoint over which customers answer', () => {
    const outbound = { ...touchpoint, direction: 'outbound' as const };
    const back = { ...outbound, returnPathId: 'member-site' };
    given(touchpointDecider)
      .when({ ...register, touchpoint: outbound })
      .thenRefused('NO_RETURN_PATH', 'returnPathId');
    given(touchpointDecider)
      .when({ ...register, touchpoint: back })
      .then(told(touchpointRegistered, back));
    given(touchpointDecider)
      .when({ ...register, touchpoint: back, returnPathIsKnown: false })
      .thenRefused('UNKNOWN_TOUCHPOINT', 'returnPathId');
    given(touchpointDecider)
      .when({ ...register, returnPathIsKnown: false })
      .then(told(touchpointRegistered, touchpoint));
  });

  it('at which she can sign up lets her cancel [2.09]', () => {
    const offering = (...selfService: SelfService[]) => ({ ...register, touchpoint: { ...touchpoint, selfService } });
    given(touchpointDecider).when(offering('sign_up')).thenRefused('SIGN_UP_WITHOUT_CANCEL', 'selfService');
    for (const services of [[], ['cancel'], ['sign_up', 'cancel']] as const) {
      const command = offering(...services);
      given(touchpointDecider).when(command).then(told(touchpointRegistered, command.touchpoint));
    }
  });

  it('pauses, resumes, is retired, and speaks', () => {
    given(touchpointDecider, [registered]).when(pause).then(told(touchpointPaused, about));
    given(touchpointDecider, [registered, paused]).when(pause).thenNothingHappened();
    given(touchpointDecider, [registered, paused]).when(resume).then(told(touchpointResumed, { touchpointId }));
    for (const facts of [[registered], [registered, paused, resumed]]) given(touchpointDecider, facts).when(resume).thenNothingHappened();
    for (const facts of [[registered], [registered, paused]])
      given(touchpointDecider, facts).when(retire).then(told(touchpointRetired, about));
    given(touchpointDecider, [registered])
      .when(define)
      .then(told(voicePersonaDefined, { touchpointId, ...voice }));
  });

  it('is nothing before it is registered, and does not change when it is retired', () => {
    const changes: readonly TouchpointCommand[] = [pause, resume, define];
    for (const command of [...changes, retire]) given(touchpointDecider).when(command).thenRefused('UNKNOWN_TOUCHPOINT', 'touchpointId');
    for (const command of changes)
      given(touchpointDecider, [registered, retired]).when(command).thenRefused('TOUCHPOINT_RETIRED', 'touchpointId');
    given(touchpointDecider, [registered, retired]).when(retire).thenNothingHappened();
  });

  it('stands as it was told', () => {
    const stands = { touchpoint, status: 'open', persona: null, version: 1 };
    expect(folded(touchpointDecider, [registered])).toEqual(stands);
    expect(folded(touchpointDecider, [registered, paused])).toEqual({ ...stands, status: 'paused', version: 2 });
    expect(folded(touchpointDecider, [registered, paused, resumed])).toEqual({ ...stands, version: 3 });
    expect(folded(touchpointDecider, [registered, retired])).toEqual({ ...stands, status: 'retired', version: 4 });
    expect(folded(touchpointDecider, [registered, spoken])).toEqual({ ...stands, persona: voice, version: 5 });
    expect(folded(touchpointDecider, [registered, unrelated])).toEqual({ ...stands, version: 6 });
    expect(folded(touchpointDecider, [paused, resumed, retired, spoken])).toBeNull();
  });
});

describe('the ways to cancel [2.09]', () => {
  const path = (definition: typeof selfServicePathOpened, id: string) => recorded(definition, { touchpointId: id });
  const both = [path(selfServicePathOpened, 'app'), path(selfServicePathOpened, 'site')];
  const open = { kind: 'OpenPath', touchpointId: 'app' } as const;
  const close = { kind: 'ClosePath', touchpointId: 'app' } as const;

  it('open and close, but the last one stays', () => {
    given(pathsDecider)
      .when(open)
      .then(told(selfServicePathOpened, { touchpointId: 'app' }));
    given(pathsDecider, both).when(open).thenNothingHappened();
    given(pathsDecider, both)
      .when(close)
      .then(told(selfServicePathClosed, { touchpointId: 'app' }));
    given(pathsDecider, both.slice(0, 1)).when(close).thenRefused('LAST_CANCEL_PATH', 'touchpointId');
    for (const facts of [[], both.slice(1)]) given(pathsDecider, facts).when(close).thenNothingHappened();
  });

  it('are those that were opened and not closed', () => {
    expect(folded(pathsDecider, [])).toEqual([]);
    expect(folded(pathsDecider, both)).toEqual(['app', 'site']);
    expect(folded(pathsDecider, [...both, path(selfServicePathClosed, 'app')])).toEqual(['site']);
    expect(folded(pathsDecider, [...both, recorded(touchpointResumed, { touchpointId: 'app' })])).toEqual(['app', 'site']);
  });
});
