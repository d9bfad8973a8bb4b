const { formatFiles, generateFiles } = require('@nx/devkit');
const path = require('node:path');

/**
 * `npx nx g ./tools/generators:aggregate CostLedger --context=value`
 *
 * Writes the folder of a new aggregate and registers its facts, its stream and its two first refusals. What is left to do by hand is
 * said at the end; docs/aggregates.md explains it.
 */
module.exports = async function aggregate(tree, { name, context }) {
  const kebab = name.replace(/(?<=[a-z0-9])[A-Z]/g, '-$&').toLowerCase();
  const camel = name[0].toLowerCase() + name.slice(1);
  const screaming = kebab.replaceAll('-', '_').toUpperCase();
  const folder = `libs/${context}/src/${kebab}`;
  if (!/^[A-Z][A-Za-z0-9]+$/.test(name)) throw new Error(`an aggregate is named in PascalCase, as the requirements name it: ${name}`);
  if (!tree.exists(`libs/${context}/src`)) throw new Error(`there is no context ${context}: libs/${context}/src does not exist`);
  if (tree.exists(folder)) throw new Error(`${folder} exists already`);

  const words = { name, kebab, camel, screaming, context, words: kebab.replaceAll('-', ' '), tmpl: '' };
  generateFiles(tree, path.join(__dirname, '../files/aggregate/context'), folder, words);
  generateFiles(tree, path.join(__dirname, '../files/aggregate/contracts'), `libs/contracts/src/${context}`, words);

  insert(
    tree,
    'libs/contracts/src/streams.ts',
    '  reservation: {',
    `  ${camel}: { id: '${words.words} id of the brand', holds: 'one ${words.words}', onMerge: '–' },\n`,
  );
  insert(tree, 'libs/contracts/src/refusal.ts', "  'ALREADY_RESERVED',", `  'UNKNOWN_${screaming}',\n  '${screaming}_EXISTS',\n`);
  const index = 'libs/contracts/src/index.ts';
  insert(tree, index, 'export * from', `import { ${camel}Facts } from './${context}/${kebab}-facts';\n`);
  insert(tree, index, '\n/** Every kind of fact', `export * from './${context}/${kebab}-facts';\n`);
  insert(tree, index, '\n]);', `\n  ...${camel}Facts,`);
  await formatFiles(tree);

  return () => {
    console.log(
      [
        `${folder} stands. Next:`,
        `  npm run contracts && npm run codegen`,
        `  add it to the context: its resolver to the subgraph, its sender, load and loader beside the others, its model to subgraph.models.ts`,
        `  npx jest ${folder}    # fails where you have something to say`,
        `docs/aggregates.md goes through it step by step.`,
      ].join('\n'),
    );
  };
};

/** Before the first `mark` that begins a line (or, for a mark with its own line break, where it stands). */
function insert(tree, file, mark, text) {
  const content = tree.read(file, 'utf8');
  const at = mark.startsWith('\n') ? content.indexOf(mark) : content.indexOf(`\n${mark}`) + 1;
  if (at <= 0 && !content.startsWith(mark)) throw new Error(`${file} has no line ${mark.trim()}`);
  tree.write(file, content.slice(0, at) + text + content.slice(at));
}
