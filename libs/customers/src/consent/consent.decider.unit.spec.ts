import {
  consentConfirmed,
  consentDenied,
  consentExpired,
  consentGranted,
  consentRequested,
  consentWithdrawn,
  objectionWithdrawn,
  processingObjected,
  type Fact,
  type FactDefinition,
  type NoticePublished,
} from '@tsunagari/contracts';
import { given, recorded } from '@tsunagari/testing';
import fc from 'fast-check';
import { type ConsentCommand, consentDecider, type ConsentState, effective } from './consent.decider';
import { noticeDecider } from './notice.decider';
import { preferenceDecider } from './preference.decider';
import { consentVerdict } from './verdict';

const subject = '0b6f1a52-2a3b-4c0d-8e0f-1a2b3c4d5e6f';
const at = '2026-01-01T00:00:00.000Z';
const notice: NoticePublished = {
  noticeId: 'newsletter',
  noticeVersion: 2,
  category: 'marketing',
  channels: ['email'],
  text: { ja: '読む', en: 'read' },
  lawfulBasis: 'consent',
  doubleOptIn: false,
};
const said = { category: 'marketing', channel: 'email', source: 'user:me', verified: true };
const grant: ConsentCommand = {
  kind: 'GrantConsent',
  subject,
  category: 'marketing',
  channel: 'email',
  notice,
  noticeVersion: 2,
  verified: true,
  source: 'user:me',
  token: 'a'.repeat(64),
  confirmBy: '2026-01-08T00:00:00.000Z',
  at,
};
let position = 0;
const fact = (definition: FactDefinition, data: object, over: Partial<Fact> = {}): Fact =>
  recorded(definition, data, { subject, position: String(++position), ...over });
const granted = (over: object = {}) => fact(consentGranted, { ...said, noticeVersion: 'newsletter/2', lawfulBasis: 'consent', ...over });
const withdraw: ConsentCommand = {
  kind: 'WithdrawConsent',
  subject,
  category: 'marketing',
  channel: 'email',
  verified: true,
  source: 'user:me',
  at,
};

describe('consent', () => {
  it('is granted to the newest version of a notice, for the days that it says', () => {
    const data = { ...said, noticeVersion: 'newsletter/2', lawfulBasis: 'consent' };
    given(consentDecider).when(grant).then({ definition: consentGranted, subject, data });
    given(consentDecider)
      .when({ ...grant, notice: { ...notice, validDays: 10 } })
      .then({ definition: consentGranted, subject, data: { ...data, expiresAt: '2026-01-11T00:00:00.000Z' } });
    // An answer that is given again counts for what she has become since, by a merge.
    given(consentDecider, [granted()]).when(grant).then({ definition: consentGranted, subject, data });
  });
  it('is refused to an older version, another category, another channel', () => {
    given(consentDecider)
      .when({ ...grant, noticeVersion: 1 })
      .thenRefused('NOTICE_VERSION_STALE', 'noticeVersion');
    given(consentDecider)
      .when({ ...grant, category: 'profiling' })
      .thenRefused('INVALID_FIELD', 'category');
    given(consentDecider)
      .when({ ...grant, channel: 'sms' })
      .thenRefused('INVALID_FIELD', 'channel');
  });
  it('with double opt-in counts from its confirmation', () => {
    const requested = { ...said, noticeVersion: 'newsletter/2', token: 'a'.repeat(64), confirmBy: '2026-01-08T00:00:00.000Z' };
    given(consentDecider)
      .when({ ...grant, notice: { ...notice, doubleOptIn: true } })
      .then({ definition: consentRequested, subject, data: requested });
    const pending = fact(consentRequested, requested);
    const confirm: ConsentCommand = {
      kind: 'ConfirmConsent',
      subject,
      category: 'marketing',
      channel: 'email',
      token: 'a'.repeat(64),
      source: 'link',
      at,
    };
    const { verified } = said;
    const confirmed = { category: 'marketing', channel: 'email', source: 'link', noticeVersion: 'newsletter/2', verified };
    given(consentDecider, [pending]).when(confirm).then({ definition: consentConfirmed, subject, data: confirmed });
    given(consentDecider, [pending, fact(consentConfirmed, confirmed)])
      .when(confirm)
      .thenNothingHappened();
    given(consentDecider, [pending])
      .when({ ...confirm, token: 'b'.repeat(64) })
      .thenRefused('CONFIRMATION_TOKEN_WRONG', 'token');
    given(consentDecider, [pending])
      .when({ ...confirm, at: '2026-01-09T00:00:00.000Z' })
      .thenRefused('NO_CONFIRMATION_PENDING', 'token');
    given(consentDecider).when(confirm).thenRefused('NO_CONFIRMATION_PENDING', 'token');
  });
  it('is taken back and denied whatever stood before, as often as she says it', () => {
    given(consentDecider).when(withdraw).then({ definition: consentWithdrawn, subject, data: said });
    given(consentDecider, [granted()]).when(withdraw).then({ definition: consentWithdrawn, subject, data: said });
    given(consentDecider, [granted(), fact(consentWithdrawn, said)])
      .when(withdraw)
      .then({ definition: consentWithdrawn, subject, data: said });
    given(consentDecider)
      .when({ ...withdraw, kind: 'DenyConsent' })
      .then({ definition: consentDenied, subject, data: said });
  });
  it('taken back for all channels takes back a later yes for one', () => {
    const { channel: _, ...all } = said;
    const { channel: __, ...withdrawAll } = withdraw as ConsentCommand & { channel?: string };
    given(consentDecider, [fact(consentWithdrawn, all), granted()])
      .when(withdrawAll as ConsentCommand)
      .then({ definition: consentWithdrawn, subject, data: all });
  });
  it('ends by itself at its time and not before', () => {
    const expire: ConsentCommand = { kind: 'ExpireConsent', subject, category: 'marketing', channel: 'email', source: 'timer', at };
    const until = (expiresAt: string) => granted({ expiresAt });
    given(consentDecider, [until(at)])
      .when(expire)
      .then({ definition: consentExpired, subject, occurred: at, data: { category: 'marketing', channel: 'email' } });
    given(consentDecider, [until('2026-01-02T00:00:00.000Z')])
      .when(expire)
      .thenNothingHappened();
    given(consentDecider, [granted()]).when(expire).thenNothingHappened();
  });
  it('objections are heard once, and taken back', () => {
    const object: ConsentCommand = { kind: 'ObjectToProcessing', subject, purpose: 'profiling', source: 'user:me', at };
    const data = { purpose: 'profiling', source: 'user:me' };
    given(consentDecider).when(object).then({ definition: processingObjected, subject, data });
    const objected = fact(processingObjected, data);
    given(consentDecider, [objected]).when(object).thenNothingHappened();
    given(consentDecider, [objected])
      .when({ ...object, kind: 'WithdrawObjection' })
      .then({ definition: objectionWithdrawn, subject, data });
    given(consentDecider)
      .when({ ...object, kind: 'WithdrawObjection' })
      .thenNothingHappened();
  });
});

describe('what a source reports', () => {
  const report = (granted: boolean, over: object = {}): ConsentCommand => ({
    ...{ kind: 'TakeReport', subject, category: 'marketing', granted, verified: true, source: 'source:shop', saidAt: at, at },
    ...over,
  });
  const data = { category: 'marketing', source: 'source:shop', verified: true };
  const yes = (over: object = {}) => fact(consentGranted, { ...data, ...over });
  const no = (over: object = {}) => fact(consentWithdrawn, { ...data, ...over });
  const earlier = '2025-12-31T00:00:00.000Z';

  it('is a grant or a denial as of when it was said', () => {
    given(consentDecider)
      .when(report(true, { saidAt: earlier }))
      .then({ definition: consentGranted, subject, data, occurred: earlier });
    given(consentDecider).when(report(false)).then({ definition: consentDenied, subject, data, occurred: at });
  });
  it('with every event is one word', () => {
    given(consentDecider, [yes()]).when(report(true)).thenNothingHappened();
    given(consentDecider, [fact(consentDenied, data)])
      .when(report(false))
      .thenNothingHappened();
    given(consentDecider, [yes({ verified: false })])
      .when(report(true))
      .then({ definition: consentGranted, subject, data, occurred: at });
  });
  it('late lifts no no that was said after it, and from a public key no verified one', () => {
    given(consentDecider, [no()])
      .when(report(true, { saidAt: earlier }))
      .thenNothingHappened();
    given(consentDecider, [no()])
      .when(report(true, { verified: false }))
      .thenNothingHappened();
    given(consentDecider, [no({ verified: false })])
      .when(report(true, { verified: false }))
      .then({ definition: consentGranted, subject, data: { ...data, verified: false }, occurred: at });
  });
  it('as a no takes back whatever yes stands, of any channel', () => {
    given(consentDecider, [fact(consentDenied, data, { position: '1' }), yes({ channel: 'email' })])
      .when(report(false, { verified: false }))
      .then({ definition: consentDenied, subject, data: { ...data, verified: false }, occurred: at });
  });
});

describe('a notice', () => {
  const { noticeVersion: _, ...text } = notice;
  it('gets a new version each time, and keeps its category', () => {
    const [decision] = [noticeDecider.decide({ kind: 'PublishNotice', ...text }, notice)];
    expect(decision).toMatchObject({ kind: 'accepted', facts: [{ data: { noticeVersion: 3 } }] });
    expect(noticeDecider.decide({ kind: 'PublishNotice', ...text, category: 'other' }, notice)).toMatchObject({
      refusal: { field: 'category' },
    });
  });
});

describe('preferences', () => {
  it('change field by field', () => {
    const set = { kind: 'SetPreference', subject, zoneIsKnown: true, language: 'ja' } as const;
    const first = preferenceDecider.decide(set, preferenceDecider.initial);
    expect(first).toMatchObject({ facts: [{ data: { language: 'ja' } }] });
    expect(preferenceDecider.decide(set, { language: 'ja', timeZone: null, topics: {} })).toEqual({ kind: 'accepted', facts: [] });
    expect(preferenceDecider.decide({ ...set, zoneIsKnown: false }, preferenceDecider.initial)).toMatchObject({
      refusal: { field: 'timeZone' },
    });
  });
});

describe('whether she may be reached', () => {
  const [A, B, C] = ['a', 'b', 'c'];
  const word = (definition: FactDefinition, pos: number, over: object = {}): ConsentState =>
    consentDecider.evolve(consentDecider.initial, fact(definition, { ...said, ...over }, { position: String(pos) }));
  const ask = (said: Record<string, ConsentState>, together: (at: number) => boolean = () => false, group: readonly string[] = [A]) =>
    consentVerdict(
      {
        subject: A,
        authorityGroup: group,
        said: new Map(Object.entries(said)),
        together: (_, __, p) => together(Number(p)),
        erased: false,
      },
      'marketing',
      'email',
      at,
    );
  const reason = (verdict: ReturnType<typeof ask>) => (verdict.kind === 'allowed' ? 'allowed' : verdict.reason);

  it('no record is a no; her last word counts', () => {
    expect(reason(ask({}))).toBe('NO_CONSENT');
    expect(reason(ask({ [A]: word(consentGranted, 1) }))).toBe('allowed');
    expect(reason(ask({ [A]: word(consentDenied, 1) }))).toBe('DENIED');
    expect(reason(ask({ [A]: word(consentWithdrawn, 1) }))).toBe('WITHDRAWN');
    expect(reason(ask({ [A]: word(consentRequested, 1, { token: 'x' }) }))).toBe('UNCONFIRMED');
    expect(reason(ask({ [A]: word(consentGranted, 1, { expiresAt: at }) }))).toBe('EXPIRED');
  });
  it('a yes crosses verified links only, and that of a public key none', () => {
    expect(reason(ask({ [B]: word(consentGranted, 1) }))).toBe('NOT_OF_ADDRESS');
    expect(reason(ask({ [B]: word(consentGranted, 1) }, undefined, [A, B]))).toBe('allowed');
    expect(reason(ask({ [B]: word(consentGranted, 1, { verified: false }) }, undefined, [A, B]))).toBe('NOT_OF_ADDRESS');
    expect(reason(ask({ [A]: word(consentGranted, 1, { verified: false }) }))).toBe('allowed');
  });
  it('of merged customers the stricter counts until she answers', () => {
    const before = { [A]: word(consentGranted, 1), [C]: word(consentWithdrawn, 0) };
    expect(reason(ask(before, (p) => p >= 5))).toBe('STRICTER_OF_MERGED');
    expect(reason(ask({ ...before, [A]: word(consentGranted, 6) }, (p) => p >= 5))).toBe('allowed');
    expect(reason(ask({ ...before, [C]: word(consentDenied, 7) }, (p) => p >= 5))).toBe('DENIED');
  });
  it('an objection and an erasure are the end of it', () => {
    const objected = consentDecider.evolve(
      word(consentGranted, 1, { category: 'profiling' }),
      fact(processingObjected, { purpose: 'profiling' }),
    );
    const of = (category: string, erased = false) =>
      consentVerdict({ subject: A, authorityGroup: [A], said: new Map([[A, objected]]), together: () => true, erased }, category, null, at);
    expect(of('profiling')).toEqual({ kind: 'forbidden', reason: 'OBJECTED' });
    expect(of('analysis').kind).toBe('allowed');
    expect(of('analysis', true)).toEqual({ kind: 'forbidden', reason: 'ERASED' });
  });
  it('the last of what was said of one channel and of all counts, in any order', () => {
    const kinds = [consentGranted, consentDenied, consentWithdrawn];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...kinds), fc.constantFrom('email', undefined)), { minLength: 1, maxLength: 12 }),
        (words) => {
          const state = words.reduce((folded, [definition, channel], n) => {
            const { channel: _, ...rest } = said;
            return consentDecider.evolve(
              folded,
              fact(definition, { ...rest, ...(channel ? { channel } : {}) }, { position: String(n + 1) }),
            );
          }, consentDecider.initial);
          const [last] = words.at(-1) ?? [];
          expect(effective(state, 'marketing', 'email', at)?.status).toBe(
            last === consentGranted ? 'granted' : last === consentDenied ? 'denied' : 'withdrawn',
          );
        },
      ),
    );
  });
});
