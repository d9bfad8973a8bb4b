import { waterfallOf } from '@tsunagari/metrics';
import type { Contract, HoldingsState } from './holdings.projection';
import { accountMonths, fateOf } from './revenue-board.query';

const contract = (history: Contract['history'], more: Partial<Contract> = {}): Contract => ({
  id: 's',
  planId: 'p',
  family: 'f',
  status: 'active',
  currency: 'EUR',
  mrrMinor: history.at(-1)?.[1] ?? 0,
  since: history[0]?.[0] ?? null,
  renewals: 0,
  addOns: [],
  endsOn: null,
  ended: null,
  voluntary: null,
  reason: null,
  failedPayments: 0,
  history,
  evidence: 'e',
  ...more,
});
const state = (...contracts: Contract[]): HoldingsState => ({ contracts, products: [] });
const question = { from: 100, to: 129, currency: 'EUR' };

describe('a board of revenue', () => {
  it('sorts customers into what became of what they brought', () => {
    const customers = {
      stays: state(contract([[10, 300]])),
      more: state(
        contract([
          [10, 200],
          [110, 260],
        ]),
      ),
      less: state(
        contract([
          [10, 120],
          [110, 90],
        ]),
      ),
      leaves: state(
        contract(
          [
            [10, 80],
            [105, 0],
          ],
          { ended: 105, voluntary: true },
        ),
      ),
      new: state(contract([[101, 50]])),
      back: state(
        contract(
          [
            [10, 40],
            [50, 0],
          ],
          { id: 'old', ended: 50, voluntary: true },
        ),
        contract([[120, 40]]),
      ),
      dollars: state(contract([[10, 999]], { currency: 'USD' })),
    };
    const accounts = Object.entries(customers).map(([customer, of]) => accountMonths(customer, of, question));
    expect(waterfallOf(accounts)).toMatchObject({
      start: 700,
      new: 50,
      expansion: 60,
      reactivation: 40,
      contraction: 30,
      churn: 80,
      end: 740,
      accounts: 4,
      kept: 3,
    });
  });

  it('a pause is no loss, a change of contract is none, and failed payments are told apart', () => {
    expect(
      fateOf(
        'a',
        state(
          contract(
            [
              [10, 80],
              [105, 0],
            ],
            { status: 'paused' },
          ),
        ),
        question,
      ),
    ).toEqual({ customer: 'a', paused: true });
    const changed = state(
      contract(
        [
          [10, 80],
          [110, 0],
        ],
        { id: 'old', ended: 110, voluntary: true },
      ),
      contract([[110, 90]]),
    );
    expect(fateOf('a', changed, question)).toEqual({ customer: 'a', paused: false });
    expect(
      fateOf(
        'a',
        state(
          contract(
            [
              [10, 80],
              [105, 0],
            ],
            { ended: 105, voluntary: false },
          ),
        ),
        question,
      ),
    ).toEqual({ customer: 'a', cancelled: true, involuntary: true });
    // What ends after the period is there at its end; who joins in it was not there at its start.
    expect(
      fateOf(
        'a',
        state(
          contract(
            [
              [10, 80],
              [130, 0],
            ],
            { ended: 130, voluntary: true },
          ),
        ),
        question,
      ),
    ).toEqual({ customer: 'a', paused: false });
    expect(fateOf('a', state(contract([[100, 80]])), question)).toBeUndefined();
  });
});
