import { accept, type DecidedFact, type Decider, refuse } from '@tsunagari/command';
import {
  connectCodeRedeemed,
  connectCodeIssued,
  customerConnected,
  customerDisconnected,
  productRegistered,
  refusal,
  type ConnectCodeIssued,
  type CustomerConnected,
  type CustomerDisconnected,
  type Fact,
  type ProductRegistered,
} from '@tsunagari/contracts';

export type CodeCommand =
  ({ readonly kind: 'IssueConnectCode' } & ConnectCodeIssued) | { readonly kind: 'RedeemConnectCode'; readonly subject: string };

export type CodeState = { readonly issued: ConnectCodeIssued | null; readonly redeemedBy: string | null };

/** One printed code: it connects one customer, once. */
export const codeDecider: Decider<CodeCommand, CodeState> = {
  initial: { issued: null, redeemedBy: null },
  evolve(state, fact: Fact) {
    if (fact.type === connectCodeIssued.type) return { ...state, issued: fact.data as ConnectCodeIssued };
    return fact.type === connectCodeRedeemed.type ? { ...state, redeemedBy: fact.subject } : state;
  },
  decide(command, { issued, redeemedBy }) {
    if (command.kind === 'IssueConnectCode') {
      const { kind: _, ...data } = command;
      return issued ? accept() : accept({ definition: connectCodeIssued, subject: null, data });
    }
    if (!issued) return refuse(refusal('UNKNOWN_CODE', 'code', 'the code is one that was printed', 'look at the package again'));
    if (redeemedBy !== null)
      return refuse(refusal('CODE_REUSED', 'code', 'a code connects one customer, once', 'use the code of another package'));
    const { code, touchpointId, productId } = issued;
    const data = { code, touchpointId, ...(productId === undefined ? {} : { productId }) };
    return accept({ definition: connectCodeRedeemed, subject: command.subject, data });
  },
};

export type ProductCommand = {
  readonly kind: 'RegisterProduct';
  readonly subject: string;
  /** What is hers: a thing that stands under one of these is hers already. */
  readonly own: readonly string[];
  readonly productId: string;
  readonly serial: string;
  readonly touchpointId?: string;
  /** Who has it hands it on to her. */
  readonly transfer: boolean;
};

/** Whose one thing is, by its serial number. Null: nobody's. */
export const productDecider: Decider<ProductCommand, string | null> = {
  initial: null,
  evolve: (state, fact: Fact) => (fact.type === productRegistered.type ? fact.subject : state),
  decide({ kind: _, subject, own, transfer, ...product }, owner) {
    if (owner !== null && own.includes(owner)) return accept();
    if (owner !== null && !transfer)
      return refuse(refusal('PRODUCT_OF_ANOTHER', 'serial', 'a thing belongs to one customer', 'whoever has it hands it on: set transfer'));
    const data: ProductRegistered = { ...product, ...(owner === null ? {} : { transferredFrom: owner }) };
    return accept({ definition: productRegistered, subject, data });
  },
};

export type ConnectionCommand =
  | ({ readonly kind: 'ConnectCustomer'; readonly subject: string } & CustomerConnected)
  | ({ readonly kind: 'DisconnectCustomer'; readonly subject: string } & CustomerDisconnected);

/** The touchpoints over which an identifier of hers is connected. */
export const connectionDecider: Decider<ConnectionCommand, readonly string[]> = {
  initial: [],
  evolve(state, fact: Fact) {
    const { touchpointId } = fact.data as { touchpointId: string };
    if (fact.type === customerConnected.type) return [...new Set([...state, touchpointId])];
    return fact.type === customerDisconnected.type ? state.filter((each) => each !== touchpointId) : state;
  },
  decide(command, state) {
    const { kind, subject, ...data } = command;
    const stands = state.includes(data.touchpointId);
    if (stands === (kind === 'ConnectCustomer')) return accept();
    const fact: DecidedFact = { definition: kind === 'ConnectCustomer' ? customerConnected : customerDisconnected, subject, data };
    return accept(fact);
  },
};
