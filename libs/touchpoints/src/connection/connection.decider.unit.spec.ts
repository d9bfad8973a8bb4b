import {
  connectCodeIssued,
  connectCodeRedeemed,
  customerConnected,
  customerDisconnected,
  productRegistered,
  touchpointResumed,
} from '@tsunagari/contracts';
import { exampleOf, folded, given, recorded } from '@tsunagari/testing';
import { codeDecider, connectionDecider, productDecider } from './connection.decider';

const [subject, another] = ['9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d', '7c9e6679-7425-40de-944b-e07fc1f90ae7'];
const unrelated = recorded(touchpointResumed, { touchpointId: 'app' }, { subject: another });

describe('a connect code [0.05]', () => {
  const code = exampleOf(connectCodeIssued);
  const issued = recorded(connectCodeIssued, code);
  const redeemed = recorded(connectCodeRedeemed, exampleOf(connectCodeRedeemed), { subject });
  const issue = { kind: 'IssueConnectCode', ...code } as const;
  const redeem = { kind: 'RedeemConnectCode', subject } as const;

  it('is printed once, and connects one customer once', () => {
    given(codeDecider).when(issue).then({ definition: connectCodeIssued, subject: null, data: code });
    given(codeDecider, [issued]).when(issue).thenNothingHappened();
    given(codeDecider, [issued])
      .when(redeem)
      .then({ definition: connectCodeRedeemed, subject, data: exampleOf(connectCodeRedeemed) });
    given(codeDecider).when(redeem).thenRefused('UNKNOWN_CODE', 'code');
    given(codeDecider, [issued, redeemed]).when(redeem).thenRefused('CODE_REUSED', 'code');
  });

  it('may be of no product', () => {
    const { productId: _, ...without } = code;
    const decision = codeDecider.decide(redeem, { issued: without, redeemedBy: null });
    expect(decision).toEqual({
      kind: 'accepted',
      facts: [{ definition: connectCodeRedeemed, subject, data: { code: code.code, touchpointId: code.touchpointId } }],
    });
    expect(decision).not.toHaveProperty(['facts', 0, 'data', 'productId']);
  });

  it('stands as it was told', () => {
    expect(folded(codeDecider, [unrelated])).toEqual({ issued: null, redeemedBy: null });
    expect(folded(codeDecider, [issued, redeemed, unrelated])).toEqual({ issued: code, redeemedBy: subject });
  });
});

describe('a product [0.05]', () => {
  const product = exampleOf(productRegistered);
  const register = { kind: 'RegisterProduct', subject, own: [subject], ...product, transfer: false } as const;
  const owned = (by: string) => [recorded(productRegistered, product, { subject: by })];

  it('is of one customer, until it is handed on', () => {
    given(productDecider).when(register).then({ definition: productRegistered, subject, data: product });
    expect(productDecider.decide(register, null)).not.toHaveProperty(['facts', 0, 'data', 'transferredFrom']);
    for (const transfer of [false, true])
      given(productDecider, owned(subject))
        .when({ ...register, transfer })
        .thenNothingHappened();
    given(productDecider, owned(another)).when(register).thenRefused('PRODUCT_OF_ANOTHER', 'serial');
    given(productDecider, owned(another))
      .when({ ...register, transfer: true })
      .then({ definition: productRegistered, subject, data: { ...product, transferredFrom: another } });
    given(productDecider, owned(another))
      .when({ ...register, own: [subject, another] })
      .thenNothingHappened();
    expect(folded(productDecider, [...owned(subject), unrelated])).toBe(subject);
  });
});

describe('a connection [2.04]', () => {
  const connection = exampleOf(customerConnected);
  const parting = { ...exampleOf(customerDisconnected), touchpointId: connection.touchpointId };
  const connected = recorded(customerConnected, connection);
  const elsewhere = recorded(customerConnected, { ...connection, touchpointId: 'app' });
  const parted = recorded(customerDisconnected, parting);
  const connect = { kind: 'ConnectCustomer', subject, ...connection } as const;
  const disconnect = { kind: 'DisconnectCustomer', subject, ...parting } as const;

  it('is made and ended, once each', () => {
    for (const facts of [[], [elsewhere], [connected, parted]]) {
      given(connectionDecider, facts).when(connect).then({ definition: customerConnected, subject, data: connection });
      given(connectionDecider, facts).when(disconnect).thenNothingHappened();
    }
    given(connectionDecider, [connected]).when(connect).thenNothingHappened();
    given(connectionDecider, [connected]).when(disconnect).then({ definition: customerDisconnected, subject, data: parting });
  });

  it('stands over every touchpoint that was connected and not parted from', () => {
    expect(folded(connectionDecider, [])).toEqual([]);
    expect(folded(connectionDecider, [connected, elsewhere, connected, unrelated])).toEqual([connection.touchpointId, 'app']);
    expect(folded(connectionDecider, [connected, elsewhere, parted])).toEqual(['app']);
  });
});
