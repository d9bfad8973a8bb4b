import { type AsOf, daysAsOf, type Moment, momentOf, type StateAsOf, type StatesAsOf, statesAsOf } from './as-of';
import { audit, stateHash } from './audit';
import type { Crew } from './crew';
import type { AnyProjection } from './definition';
import { labelledView } from './generations';
import type { Operations } from './operations';
import { ReadModel } from './read-model';
import type { Audit, LabelledBase, StateHash } from './runner-face';
import { quoted } from './schema';
import type { WorkerContext } from './worker';

type QuestionsContext = {
  readonly context: WorkerContext;
  readonly crew: Crew;
  readonly operations: Operations;
};

/** What is asked of generations and of moments: reads only, whoever folds. */
export class Questions {
  constructor(private readonly options: QuestionsContext) {}

  async stateHash(projection: string, generation?: number): Promise<StateHash> {
    const { definition, model } = await this.modelOf(projection, generation);
    return stateHash(this.options.context, definition, model);
  }

  async audit(projection: string, generation?: number): Promise<Audit> {
    const { definition, model } = await this.modelOf(projection, generation);
    return audit(this.options.context, definition, model);
  }

  momentOf(asOf: AsOf): Promise<Moment> {
    return momentOf(this.options.context, asOf);
  }

  async stateAsOf(projection: string, subject: string, moment: Moment): Promise<StateAsOf> {
    const found = (await this.statesAsOf([projection], [subject], moment)).get(subject)?.get(projection);
    if (!found) throw new Error(`${projection} was not folded`);
    return found;
  }

  async statesAsOf(projections: readonly string[], subjects: readonly string[], moment: Moment): Promise<StatesAsOf> {
    const { context, crew } = this.options;
    const definitions = projections.map((projection) => {
      const live = crew.liveOf(projection);
      const definition = live && crew.definitionOf(projection, live.version);
      if (!definition) throw new RangeError(`no projection is called ${projection}, or the runner was not started`);
      return definition;
    });
    return statesAsOf(context, definitions, subjects, moment);
  }

  async labelled(projection: string, label: string): Promise<LabelledBase | null> {
    const { context, crew, operations } = this.options;
    const all = await operations.generations();
    const found = all.find((each) => each.projection === projection && each.label === label);
    const definition = found && crew.definitionOf(projection, found.version);
    if (!found || found.upTo === null || !definition) return null;
    const { lastClosed = null } = await daysAsOf(context, { position: found.upTo, occurredBy: null });
    return {
      table: `${quoted(context.schema)}."${labelledView(projection, label)}"`,
      version: found.version,
      position: found.upTo,
      lastDay: lastClosed,
      isReady: found.phase === 'ready',
    };
  }

  private async modelOf(projection: string, generation?: number): Promise<{ definition: AnyProjection; model: ReadModel }> {
    const { context, crew, operations } = this.options;
    const all = await operations.generations();
    const found = all.find(
      (each) => each.projection === projection && (generation === undefined ? each.live : each.generation === generation),
    );
    const definition = found && crew.definitionOf(projection, found.version);
    if (!found || !definition) throw new RangeError(`${projection} has no such generation that this process knows the definition of`);
    return { definition, model: new ReadModel(context.schema, definition, found.generation) };
  }
}
