// The hooks of tap-typescript.mjs. A file is compiled when it is not in the cache under the hash of its text, and
// then all of test/ and src/ that are not there are: starting the compiler takes longer than compiling them.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, 'node_modules', '.cache', 'rondo-tests');
const require = createRequire(import.meta.url);
const { version } = require('esbuild/package.json');

const isTypeScript = (url) => url?.startsWith('file:') && /(?<!\.d)\.ts$/.test(url);

/** As TypeScript resolves it: `./name.js`, imported by TypeScript, is `./name.ts` where that is there. */
export function resolve(specifier, context, next) {
  if (isTypeScript(context.parentURL) && /^\.{1,2}\/.*\.js$/.test(specifier)) {
    const source = specifier.replace(/\.js$/, '.ts');
    if (existsSync(new URL(source, context.parentURL))) return next(source, context);
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  const { source } = await next(url, { ...context, format: 'module' });
  return compiled(url, source);
}

/** The same for module.registerHooks(), which waits for nothing. */
export function loadNow(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  return compiled(url, next(url, { ...context, format: 'module' }).source);
}

function compiled(url, source) {
  const file = fileURLToPath(url);
  const text = Buffer.from(source).toString();
  const kept = placeOf(file, text);
  if (!existsSync(kept)) compileAll(missing(file));
  return { format: 'module', source: readFileSync(kept, 'utf8'), shortCircuit: true };
}

/** The path is part of it, as it is in the source map. */
function placeOf(file, text) {
  const hash = createHash('sha256')
    .update(JSON.stringify([version, file, text]))
    .digest('hex');
  return path.join(cache, `${hash}.js`);
}

/** @param wanted may be elsewhere */
function missing(wanted) {
  const files = ['test', 'src'].flatMap((directory) => sourcesOf(path.join(root, directory)));
  return [...new Set([wanted, ...files])]
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .map(({ file, text }) => ({ file, text, kept: placeOf(file, text) }))
    .filter(({ kept }) => !existsSync(kept));
}

function sourcesOf(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesOf(file);
    return isTypeScript(`file:${file}`) ? [file] : [];
  });
}

/** Several processes may do it at once: each writes files of its own and renames them. */
function compileAll(sources) {
  const { outputFiles } = require('esbuild').buildSync({
    entryPoints: sources.map(({ file }) => file),
    // Nothing is written there: the source maps name the sources relative to it.
    outbase: root,
    outdir: root,
    write: false,
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  const texts = new Map(outputFiles.map((output) => [output.path, output.text]));
  mkdirSync(cache, { recursive: true });
  for (const { file, kept } of sources) {
    const own = `${kept}.${process.pid}`;
    writeFileSync(own, texts.get(file.replace(/ts$/, 'js')));
    renameSync(own, kept);
  }
}
