// docs/limits.md and docs/scaling.md: what their programs import is there and they are JavaScript, their links lead
// somewhere, and the numbers they name are those of the code.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import ts from 'typescript';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const PAGES = ['limits.md', 'scaling.md'];

for (const page of PAGES) {
  const text = readFileSync(path.join(docs, page), 'utf8');

  test(`${page}: programs`, async (t) => {
    const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code);
    t.ok(blocks.length > 0);
    for (const code of blocks) {
      const { diagnostics = [] } = ts.transpileModule(code, { reportDiagnostics: true });
      t.strictSame(diagnostics, [], code);
      for (const [, names = '', from = ''] of code.matchAll(
        /^import \{(.*?)\} from '(rondo\/.*?)'/gm,
      )) {
        const exported = await import(from);
        for (const name of names.split(',')) t.ok(name.trim() in exported, `${from} has ${name}`);
      }
    }
  });

  test(`${page}: links`, async (t) => {
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      const [file = ''] = target.split('#');
      t.ok(existsSync(path.join(docs, file)), target);
    }
  });
}

test('numbers', async (t) => {
  const [limits = '', scaling = ''] = PAGES.map((page) =>
    readFileSync(path.join(docs, page), 'utf8'),
  );
  const source = (file: string): string =>
    readFileSync(path.join(docs, '../src', file), 'utf8').replaceAll('_', '');
  const [, limitsOfStore] = /MOSTLIMITS = (\d+);/.exec(source('limits/fastify.ts')) ?? [];
  t.match(limits, `up to ${limitsOfStore} different`);
  const [, timeoutMs] = /timeoutMs = (\d+)/.exec(source('redis/options.ts')) ?? [];
  t.match(scaling, `\`timeoutMs\` (${timeoutMs})`);
  const [, pending] = /MAXPENDING = (\d+);/.exec(source('redis/client.ts')) ?? [];
  t.match(scaling.replaceAll(',', ''), `more than ${pending} commands`);
});
