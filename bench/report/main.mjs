// report.html from results.jsonl, both in the same directory:
//   node bench/report/main.mjs DIR [--charts DIR]
// --charts also writes every chart as an SVG file of its own. Exit code: 0; 2 for a wrong command line
// or a directory without results.
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ResultsError, readResults } from '../lib/results.mjs';
import { renderReport } from './page.mjs';
import { standAlone } from './svg.mjs';

const USAGE = 'usage: node bench/report/main.mjs DIR [--charts DIR]';

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2));
}

/**
 * @param {string} directory
 * @param {string} [chartsDirectory]
 * @returns {Promise<string>} the file that was written
 */
export async function writeReport(directory, chartsDirectory) {
  const { html, charts } = await renderReport(readResults(directory));
  const file = path.join(directory, 'report.html');
  writeFileSync(file, html);
  if (chartsDirectory === undefined) return file;
  mkdirSync(chartsDirectory, { recursive: true });
  for (const [name, svg] of charts) {
    writeFileSync(path.join(chartsDirectory, `${name}.svg`), `${standAlone(svg)}\n`);
  }
  return file;
}

/** @param {string[]} args */
async function main(args) {
  const command = parse(args);
  if (typeof command === 'string') return fail(`${command}\n${USAGE}`);
  try {
    console.log(await writeReport(command.directory, command.charts));
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    fail(error.message);
  }
}

/**
 * @param {string[]} args
 * @returns {{ directory: string, charts: string | undefined } | string} or what is wrong
 */
function parse(args) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { charts: { type: 'string' } },
    });
    const [directory] = positionals;
    if (directory === undefined || positionals.length > 1) return 'one directory is needed';
    return { directory, charts: values.charts };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {string} text */
function fail(text) {
  console.error(text);
  process.exitCode = 2;
}
