import { active, customer, decide, offered, platform, startBrand, worth } from '../../../testing/src/brand-under-test';
import type { Subscribed } from '../../../testing/src/subscription';

startBrand();
beforeAll(async () => {
  await worth('smooth-hair', 4000);
  await offered('how-to', { slots: ['home', 'basket'] });
  await active('home', ['home', 'basket']);
});

const DECIDED = `subscription($customerId: ID, $slot: String, $after: Position) { proposalDecided(customerId: $customerId, slot: $slot, after: $after) {
  position customer { id kind } decision { id slot explanation { words { en } } } proposals { offer { offerId } status } } }`;
const follow = async (variables: object, options: object = {}): Promise<Subscribed> =>
  platform.subscribe(DECIDED, { after: await platform.head(), ...variables }, options);

describe('proposalDecided', () => {
  it('tells of a decision with whom it is about, what was chosen and why', async () => {
    const { id } = await customer();
    const followed = await follow({}, { role: 'marketer' });
    const { decision } = await decide({ customerId: id });
    const told = await followed.next();
    expect(told?.errors).toEqual([]);
    expect(told?.data.proposalDecided).toEqual({
      position: told?.position,
      customer: { id, kind: 'PERSON' },
      decision: { id: decision.id, slot: 'home', explanation: { words: { en: expect.any(String) } } },
      proposals: [{ offer: { offerId: 'how-to' }, status: 'DECIDED' }],
    });
  });

  it('of one customer and one slot tells nothing else', async () => {
    const [her, other] = [await customer(), await customer()];
    const followed = await follow({ customerId: her.id, slot: 'basket' }, { role: 'frontend' });
    await decide({ customerId: other.id, slot: 'basket' });
    await decide({ customerId: her.id });
    const { decision } = await decide({ customerId: her.id, slot: 'basket' });
    expect((await followed.next())?.data.proposalDecided).toMatchObject({ customer: { id: her.id }, decision: { id: decision.id } });
  });

  it('goes on where a client was cut off', async () => {
    const after = await platform.head();
    const [one, two] = [await customer(), await customer()];
    const decisions = [await decide({ customerId: one.id }), await decide({ customerId: two.id })];
    await platform.caughtUp();
    const followed = await follow({ after });
    const first = await followed.next();
    expect(first?.data.proposalDecided.decision.id).toBe(decisions[0].decision.id);
    const again = await follow({ after: first?.position });
    expect((await again.next())?.data.proposalDecided.decision.id).toBe(decisions[1].decision.id);
  });

  it("a customer's own token follows herself and nobody else, and reads no explanation", async () => {
    const [her, other] = [await customer(), await customer()];
    const userId = (her.identifier as { value: string }).value;
    const own = await follow({}, { userId });
    await decide({ customerId: other.id });
    await decide({ customerId: her.id });
    const told = await own.next();
    expect(told?.data.proposalDecided).toMatchObject({ decision: { explanation: null }, proposals: [{ offer: { offerId: 'how-to' } }] });
    expect(told?.errors.map(({ extensions }) => extensions['code'])).toContain('FORBIDDEN');
    const denied = await follow({ customerId: other.id }, { userId });
    expect(await denied.next()).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    const nobody = await follow({}, { role: null });
    expect((await nobody.next())?.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});
