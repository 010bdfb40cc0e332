// docs/typescript.md: its programs have no errors of types, and run in the ways that it names.

import { test } from 'tap';
import ts from 'typescript';
import { ask } from '../fixtures/cluster-cli.js';
import { Page } from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

const PROGRAMS = ['server.ts', 'primary.ts', 'rondo.config.ts', 'typed.ts', 'errors.ts'];

/** As `tsc` reports them, with the settings of the page. */
function errorsIn(place: Place, resolution: 'NodeNext' | 'Bundler'): string[] {
  const program = ts.createProgram(
    PROGRAMS.map((name) => `${place.directory}/${name}`),
    {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      types: ['node'],
      typeRoots: [`${place.directory}/node_modules/@types`],
      ...(resolution === 'NodeNext'
        ? { module: ts.ModuleKind.NodeNext }
        : {
            module: ts.ModuleKind.ESNext,
            moduleResolution: ts.ModuleResolutionKind.Bundler,
          }),
    },
  );
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('docs/typescript.md', nativeOnly, async (t) => {
  const page = Page.open('docs/typescript.md');
  const place = new Place(t, ['.']);
  place.write('package.json', '{ "type": "module" }');
  for (const name of PROGRAMS) place.write(name, page.program(name));
  t.strictSame(errorsIn(place, 'NodeNext'), []);
  t.strictSame(errorsIn(place, 'Bundler'), []);

  // The first is Node's own way where it has one, and tsx otherwise; both are installed here.
  for (const part of ['server.ts -w 2\n', '--import tsx']) {
    const server = place.start(page.command(part));
    await server.prints(/(ready after.*){2}/s);
    t.match(await ask(await server.port()), /^process \d+\n$/);
    await place.stop(server);
  }
  const primary = place.start('node --import tsx primary.ts');
  const port = Number((await primary.prints(/port: (\d+)/))[1]);
  const pids = new Set<string>();
  while (pids.size < 2) pids.add(await ask(port));
  primary.child.kill('SIGTERM');
  t.equal((await primary.ended)[0], 0);

  const configured = place.start('npx rondo start --config rondo.config.ts');
  await configured.prints(/(ready after.*){2}/s);
  await place.stop(configured);

  const { output } = await place.run('node --import tsx errors.ts');
  t.equal(output, page.take('', 'ERR_RONDO'));
  page.close(t);
});
