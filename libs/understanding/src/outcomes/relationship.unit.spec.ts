import { firstRelationship, type RelationshipKind } from './relationship';

const rule = (kind: RelationshipKind, asOf = 500, lapseDays = 90) => ({ kind, lapseDays, asOf });
const contract = (since: number | null, ended: number | null = null) => ({ since, ended });
const buys = (...saleDays: number[]) => ({ contracts: [], saleDays });

describe('the first relationship', () => {
  it('of purchases ends on the day on which the lapse rule says so, never on the last purchase', () => {
    expect(firstRelationship(buys(10, 50, 130), rule('PURCHASE'))).toEqual({ start: 10, end: 220, left: true });
    expect(firstRelationship(buys(10, 50, 130), rule('PURCHASE', 219))).toEqual({ start: 10, end: 219, left: false });
    expect(firstRelationship(buys(10, 50, 130), rule('PURCHASE', 220))).toEqual({ start: 10, end: 220, left: true });
  });

  it('is over once she was lost: who comes back is regained', () => {
    expect(firstRelationship(buys(10, 101), rule('PURCHASE'))).toEqual({ start: 10, end: 100, left: true });
    // Bought on the very day: she was never lost.
    expect(firstRelationship(buys(10, 100), rule('PURCHASE'))).toEqual({ start: 10, end: 190, left: true });
  });

  it('of contracts goes on as long as one runs; a trial is none yet', () => {
    const contracts = [contract(40, 80), contract(20, 60), contract(null), contract(90)];
    expect(firstRelationship({ contracts, saleDays: [1] }, rule('CONTRACT'))).toEqual({ start: 20, end: 80, left: true });
    expect(firstRelationship({ contracts: [contract(20)], saleDays: [] }, rule('CONTRACT'))).toEqual({ start: 20, end: 500, left: false });
    expect(firstRelationship({ contracts: [contract(20)], saleDays: [] }, rule('PURCHASE'))).toBeUndefined();
  });

  it('of either is what both cover together, and nothing later than is known', () => {
    const both = { contracts: [contract(60, 200)], saleDays: [10, 150] };
    expect(firstRelationship(both, rule('ANY'))).toEqual({ start: 10, end: 240, left: true });
    expect(firstRelationship(both, rule('ANY', 120))).toEqual({ start: 10, end: 120, left: false });
    expect(firstRelationship(both, rule('ANY', 9))).toBeUndefined();
    expect(firstRelationship(buys(), rule('ANY'))).toBeUndefined();
  });
});
