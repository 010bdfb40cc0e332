// In a process that uses no cluster the preload has loaded a few small files, and neither the dispatcher
// nor the addon. The files are counted, because their time would be this machine's.

import { spawnSync } from 'node:child_process';
import { test } from 'tap';
import { preloaded, REGISTER } from '../fixtures/cluster.js';

const HOOK = `export async function load(url, context, next) {
  process._rawDebug('loaded ' + url);
  return next(url, context);
}`;
const TRACE = `import { register } from 'node:module';
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOK)}`)});`;

const DIST = new URL('.', REGISTER).href;

/** The files of the package that are loaded, and the addon if it is. */
function trace(program: string): { files: string[]; addons: string[] } {
  const code = `${program};
    const { sharedObjects } = process.report.getReport();
    console.log(JSON.stringify(sharedObjects.filter((file) => file.endsWith('.node'))));
    process.exit();`;
  const { stderr, stdout, status } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(TRACE)}`,
      '--import',
      REGISTER,
      '-e',
      code,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const files = [...stderr.matchAll(/^loaded (.*)$/gm)]
    .map((match) => match[1] as string)
    .filter((url) => url.startsWith(DIST))
    .map((url) => url.slice(DIST.length));
  return { files: files.sort(), addons: JSON.parse(stdout) };
}

test('without a cluster', (t) => {
  const { files, addons } = trace('require("node:http"); require("node:cluster").isPrimary');
  t.strictSame(files, [
    'cluster/options.js',
    'cluster/patch.js',
    'cluster/register.js',
    'lazy.js',
    'node-version.js',
    'register.js',
  ]);
  t.strictSame(addons, []);
  t.end();
});

test('with one', preloaded.options, (t) => {
  const { addons } = trace(`const cluster = require("node:cluster");
    cluster.setupPrimary({ exec: '/dev/null' });
    cluster.fork().process.kill('SIGKILL')`);
  t.match(addons, [/rondo\.node$/], 'so that the test sees what it looks for');
  t.end();
});
