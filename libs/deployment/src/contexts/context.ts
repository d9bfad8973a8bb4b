import type { Position } from '@tsunagari/contracts';
import type { Subgraph } from '@tsunagari/graphql';
import type { OwnedSchema } from '@tsunagari/postgres';
import type { AnyProjection, IdentityReader, ProjectionRunner } from '@tsunagari/projection';
import type { PageRequest, PageResponse } from '@tsunagari/touchpoints';
import type { Deployment } from '../deployment';
import type { PortImplementation } from '../ports/local-port';
import type { Ports } from '../ports/ports';

/** The contexts that have a subgraph. */
export type ContextName = 'value' | 'touchpoints' | 'customers' | 'subscriptions' | 'proposals' | 'understanding';

/** Something that goes on beside the answering of requests: read models, a reactor, a timer. */
export type Running = {
  /** Unique in a process: its place in health, metrics and the log. */
  readonly name: string;
  /** @throws what keeps it from starting; outages later are its own to bear and to tell. */
  readonly start: () => Promise<void>;
  /** Finishes what is at hand and gives its leases back. */
  readonly stop: () => Promise<void>;
  /** Age of the oldest fact that it has not taken in yet, milliseconds; 0 when there is none. */
  readonly lagMs: () => Promise<number>;
  /** Until it has taken in what the log holds now. @throws when it does not come that far within twenty seconds. */
  readonly caughtUp: () => Promise<void>;
};

/** A context over a deployment's adapters. Nothing of it runs yet. */
export type OpenContext = {
  readonly name: ContextName;
  readonly subgraph: Subgraph | null;
  readonly runs: readonly Running[];
  /** Pages that a customer reaches by the signed link of a message; undefined for a path that is none of them. */
  readonly pages?: (request: PageRequest) => Promise<PageResponse | undefined>;
  /** What it answers to other contexts: `implementPort(consentPort, {…})`. */
  readonly ports?: readonly PortImplementation[];
};

/** What the contexts of one process share. */
export type Shared = {
  /** The read models of this process and the identity stage before them: the {@link ContextDefinition.projections} of all its contexts. */
  readonly projections: ProjectionRunner;
  /** Who belongs to whom, as far as this process has resolved it. */
  readonly identity: IdentityReader;
  /** Where the tables of {@link projections} are. */
  readonly schema: string;
  /** Waits until identity has seen the position, at most 2 s. */
  readonly identified: (position: Position) => Promise<void>;
  /** The port of another context, in this process or another one: `port(consentPort).mayContact({…})`. See docs/architecture.md, Ports. */
  readonly port: Ports['port'];
  /** The deployment's clock, ISO 8601 UTC. */
  readonly now: () => string;
  /** For resolvers: told of faults of ours; what a client did wrong is not passed on. */
  readonly onResolverError: (error: unknown) => void;
  /** For what runs: told of an outage or a failure that it goes on after. */
  readonly onRunError: (run: string, error: unknown) => void;
};

/** One line in the table of contexts. */
export type ContextDefinition = {
  readonly open: (deployment: Deployment, shared: Shared) => OpenContext;
  /** Its tables that have migrations. */
  readonly schemas: readonly OwnedSchema[];
  /** Its folds by customer. One runner a process keeps those of all contexts in it, behind one identity stage. */
  readonly projections?: (deployment: Deployment) => readonly AnyProjection[];
  /** Its folds by customer whose definition is data, as it stands: asked for when the runner starts. */
  readonly definedProjections?: {
    readonly names: readonly string[];
    readonly find: (deployment: Deployment) => Promise<readonly AnyProjection[]>;
  };
};
