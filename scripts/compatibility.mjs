// Renders docs/compatibility.md from what the last `npm run test:ecosystem` has found. The last result of each
// program and case counts.
//
// usage: node scripts/compatibility.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const file = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const read = (name) => readFileSync(file(name), 'utf8');

const source = ts.transpileModule(read('test/ecosystem/lib/specs.ts'), {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const { SPECS } = await import(`data:text/javascript,${encodeURIComponent(source.outputText)}`);
const { dependencies } = JSON.parse(read('test/ecosystem/package.json'));

const found = new Map();
for (const line of read('node_modules/.cache/rondo-ecosystem.jsonl').trim().split('\n')) {
  const { name, what, plain, isAlike } = JSON.parse(line);
  if (!found.has(name)) found.set(name, new Map());
  found.get(name).set(what, { plain, isAlike });
}

const versionOf = (name) => dependencies[name].replace(/^npm:(.*)@/, '');
const cell = (text) => text.replaceAll('|', '\\|');

const rows = SPECS.map(({ name, packages, flags = [] }) => {
  const versions = packages.map((one) => `${one} ${versionOf(one)}`).join(', ');
  const cases = [...(found.get(name) ?? [])].map(
    ([what, { plain, isAlike }]) =>
      `${what}: ${isAlike ? `as plain Node (${plain})` : '**differs**'}`,
  );
  const way = flags.length === 0 ? '' : ` (\`${flags.join(' ')}\`)`;
  return `| ${cell(name)}${way} | ${cell(versions || 'none')} | ${cell(cases.join('; ') || 'not run')} |`;
});

writeFileSync(
  file('docs/compatibility.md'),
  `# Compatibility

Published packages that were tried under \`rondo start\`, each in the same program as under plain Node ${process.version}:
how it ends by a signal, by the signal twice within 10 ms, by an uncaught error and by an unhandled rejection; and
two reloads under load, in which no request may fail. In brackets is how plain Node ends it, by exit code or signal.
A program without a handler of SIGTERM dies of it under plain Node; its worker drains and ends with code 0. A signal that
comes twice is to be as one. This page is written by \`node scripts/compatibility.mjs\` from what \`npm run test:ecosystem\` finds.

| program | packages | results |
|---|---|---|
${rows.join('\n')}

The same command also compares \`http\`, Express, Fastify, Koa, socket.io and \`ws\` servers request by request, and pm2 in
cluster mode and throng.
`,
);
