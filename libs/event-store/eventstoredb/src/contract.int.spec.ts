import type { StoreUnderTest } from '@tsunagari/event-store-contract-tests';
import { eventStoreContract } from '@tsunagari/event-store-contract-tests';
import { eventStoreDbAtHand, startEventStoreDbProtocol, startRealEventStoreDb } from '@tsunagari/testing';
import { eventStoreDbLog } from './event-log';
import { eventStoreDbStore } from './event-store';

function storeAt(url: string, stop: () => void | Promise<void>): StoreUnderTest {
  const store = eventStoreDbStore({ connectionString: url });
  const log = eventStoreDbLog({ connectionString: url });
  const close = async (): Promise<void> => {
    await store.close();
    await log.close();
    await stop();
  };
  return { store, log, close };
}

const protocolServer = async (): Promise<StoreUnderTest> => {
  const server = await startEventStoreDbProtocol();
  return storeAt(server.url, server.stop);
};

const realServer = async (): Promise<StoreUnderTest> => {
  const server = await startRealEventStoreDb();
  return storeAt(server.url, server.stop);
};

const atHand = eventStoreDbAtHand();
if (atHand === 'protocol only') {
  describe('[not run: eventstoredb: no TSUNAGARI_TEST_EVENTSTOREDB_URL or EVENTSTOREDB_URL, no Docker daemon] event store contract: EventStoreDB', () =>
    it.skip('needs eventstoredb', () => undefined));
} else
  eventStoreContract(
    atHand === 'named' ? 'EventStoreDB, the server that the environment names' : 'EventStoreDB in a container',
    realServer,
  );

eventStoreContract('EventStoreDB (protocol only: our own wire-protocol server)', protocolServer);
