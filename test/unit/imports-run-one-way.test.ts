// Who may import whom. In src/ a file imports what is below it, never beside or above it, and one
// file alone loads the addon; in native/ a folder includes what is below it, and js/ alone knows Node-API.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** From the bottom up. A directory stands for all in it, whose files may import each other. */
const LAYERS = [
  ['node-version', 'version', 'lazy', 'builtins'],
  ['types/', 'errors', 'hidden-listeners', 'own-sockets', 'channels'],
  ['own-files'],
  ['protocol/', 'native/'],
  ['options'],
  ['hub/'],
  ['shared/'],
  ['collect/'],
  ['family'],
  ['moves/'],
  ['dispatcher/', 'worker/'],
  ['cluster/'],
  ['drain/'],
  ['supervisor/'],
  ['service/'],
  ['control/'],
  ['metrics/'],
  ['cli/'],
  [
    'index',
    'fd',
    'register',
    'limits/',
    'redis/',
    'compat/clusterhub/',
    'compat/egg-messenger/',
    'socket.io-adapter/',
  ],
  ['bundled/'],
];

interface Import {
  from: string;
  specifier: string;
  isTypeOnly: boolean;
}

/** Path below src/, without the extension. */
const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3).replaceAll(path.sep, '/'));

function importsOf(from: string): Import[] {
  const text = readFileSync(path.join(root, 'src', `${from}.ts`), 'utf8');
  const source = ts.createSourceFile(from, text, ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const isTypeOnly = ts.isImportDeclaration(node)
        ? node.importClause?.isTypeOnly === true
        : node.isTypeOnly;
      if (node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
        found.push({ from, specifier: node.moduleSpecifier.text, isTypeOnly });
      }
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteralLike(argument)) {
        found.push({ from, specifier: argument.text, isTypeOnly: false });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const imports = files.flatMap(importsOf);

const local = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map((one) => ({
    ...one,
    to: path.posix.join(path.posix.dirname(one.from), one.specifier).replace(/\.js$/, ''),
  }));

/** The entry of LAYERS that a file belongs to, and its height. */
function placeOf(file: string): { group: string; height: number } {
  for (const [height, groups] of LAYERS.entries()) {
    const group = groups.find((name) =>
      name.endsWith('/') ? file.startsWith(name) : file === name,
    );
    if (group !== undefined) return { group, height };
  }
  return { group: '', height: -1 };
}

function isAllowed(from: string, to: string): boolean {
  const [upper, lower] = [placeOf(from), placeOf(to)];
  if (upper.group === lower.group && upper.group.endsWith('/')) return true;
  return lower.height < upper.height;
}

test('src: every file has its place', async (t) => {
  t.ok(files.length > 20 && local.length > files.length, 'imports are found');
  for (const file of files) t.not(placeOf(file).group, '', file);
  for (const { from, to } of local) t.ok(files.includes(to), `${from} imports ${to}`);
});

test('src: imports run one way', async (t) => {
  for (const { from, to } of local) t.ok(isAllowed(from, to), `${from} may import ${to}`);
  t.notOk(isAllowed('dispatcher/slot', 'worker/attach'), '(what may not be is not allowed)');
  t.notOk(isAllowed('worker/attach', 'dispatcher/slot'));
  t.notOk(isAllowed('errors', 'options'));
  t.notOk(isAllowed('native/index', 'protocol/protocol'));
  t.notOk(isAllowed('dispatcher/slot', 'index'));
});

test('src: no file needs itself', async (t) => {
  const needs = (from: string): string[] =>
    local.filter((one) => one.from === from && !one.isTypeOnly).map(({ to }) => to);
  const circles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' > '));
    if (way.includes(file) || done.has(file)) return;
    for (const next of needs(file)) walk(next, [...way, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  t.strictSame(circles, []);
});

test('src: only native/addon.ts loads the addon, for native/index.ts', async (t) => {
  for (const file of files) {
    const text = readFileSync(path.join(root, 'src', `${file}.ts`), 'utf8');
    const loads = /\.node['"`]|process\.dlopen/.test(text);
    t.equal(loads, file === 'native/addon', file);
  }
  const importers = local.filter(({ to }) => to === 'native/addon').map(({ from }) => from);
  t.strictSame(importers, ['native/index']);
  t.strictSame(
    imports.filter(
      ({ specifier, isTypeOnly }) => !isTypeOnly && !/^(node:|\.{1,2}\/)/.test(specifier),
    ),
    [],
    'and nothing imports a package',
  );
});

test('package.json: what is exported is there, and on top', async (t) => {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([name]) => name !== './package.json');
  t.ok(entries.length >= 3);
  for (const [name, { default: file }] of entries as Array<[string, { default: string }]>) {
    const source = file.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
    t.ok(files.includes(source), `${name} is src/${source}.ts`);
  }
});

/** From the bottom up; folders of one row do not include each other. What is in a folder of theirs is theirs. */
const NATIVE_LAYERS = [['base'], ['channel', 'shared'], ['engine', 'receiver'], ['js']];

test('native: includes run one way, and only js/ knows Node-API', async (t) => {
  const directory = path.join(root, 'native');
  const topOf = (name: string): string => name.split('/', 1)[0] as string;
  const heightOf = (folder: string): number =>
    NATIVE_LAYERS.findIndex((folders) => folders.includes(folder));
  const sources = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll(path.sep, '/'))
    .filter((name) => /\.(cc|h)$/.test(name) && !name.startsWith('test/'));
  t.ok(sources.length > 20);
  for (const name of sources) {
    const folder = topOf(name);
    t.not(heightOf(folder), -1, `${name} has its place`);
    const text = readFileSync(path.join(directory, name), 'utf8');
    const included = [...text.matchAll(/^\s*#\s*include\s+[<"]([^>"]+)[>"]/gm)].map(([, to]) => to);
    for (const to of included) {
      if (to === undefined || !sources.includes(to)) continue;
      const below = topOf(to);
      const isAllowed = below === folder || heightOf(below) < heightOf(folder);
      t.ok(isAllowed, `${name} may include ${to}`);
    }
    const speaksJs = included.filter((to) => /^(napi|node|v8)/.test(to ?? ''));
    if (folder !== 'js') t.strictSame(speaksJs, [], name);
    const own = name.replace(/\.cc$/, '.h');
    if (name.endsWith('.cc') && existsSync(path.join(directory, own))) {
      t.equal(included[0], own, `${name} includes its own header first`);
    }
  }
});
