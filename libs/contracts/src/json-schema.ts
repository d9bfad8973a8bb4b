import { z } from 'zod';
import { schemaUri } from './cloud-event';
import { facts, signals } from './index';
import { storedSchema } from './registry';

/**
 * The JSON Schema files of all facts as they are recorded (personal fields sealed) and of all signals, by file name: what a data team
 * reads the topics with. Older versions keep their committed files; a new version adds one.
 */
export function contractSchemas(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const definition of facts.all()) {
    const schema = z.toJSONSchema(storedSchema(definition), { target: 'draft-2020-12' });
    const document = {
      $id: schemaUri(definition.type, definition.version),
      title: definition.name,
      ...schema,
      'x-context': definition.context,
      'x-sealed': definition.personal,
    };
    files[`${definition.type}.v${definition.version}.json`] = `${JSON.stringify(document, null, 2)}\n`;
  }
  for (const { type, version, name, topic, data } of signals.all()) {
    const document = { $id: schemaUri(type, version), title: name, ...z.toJSONSchema(data, { target: 'draft-2020-12' }), 'x-topic': topic };
    files[`${type}.v${version}.json`] = `${JSON.stringify(document, null, 2)}\n`;
  }
  return files;
}
