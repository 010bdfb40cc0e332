// docs/errors.md against the code: the errors and warnings that it lists are those there are, and what it says of each names
// no option that there is not.

import { test } from 'tap';
import { readPage } from '../fixtures/docs-page.js';
import { errorCodes, warningCodes } from '../fixtures/source-names.js';

const page = readPage('docs/errors.md');
const [errors = '', warnings = ''] = page.split('\n## Warnings\n');

/** The cells of the rows whose first one is a code. */
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| `[A-Z_]+` \|.*$/gm)].map(([row]) =>
    row
      .split(' | ')
      .map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim())
      .filter((cell) => cell !== ''),
  );

const codesOf = (text: string): string[] =>
  rowsOf(text).map(([code = '']) => code.replaceAll('`', ''));

test('its errors are the errors', (t) => {
  t.ok(errorCodes.length >= 50);
  t.strictSame(codesOf(errors).sort(), errorCodes);
  t.end();
});

test('its warnings are the warnings', (t) => {
  t.ok(warningCodes.length >= 13);
  t.strictSame(codesOf(warnings).sort(), warningCodes);
  t.end();
});

test('each has a condition and a remedy', (t) => {
  for (const row of rowsOf(page)) t.equal(row.length, 3, row.join(' '));
  t.end();
});

test('the codes in its text are codes', (t) => {
  const known = [...errorCodes, ...warningCodes, 'RONDO_NATIVE', 'RONDO_METRICS'];
  for (const [, name = ''] of page.matchAll(/`((?:ERR_)?RONDO_[A-Z_]+)\b/g)) {
    t.ok(known.includes(name) || name === 'ERR_RONDO_', name);
  }
  t.end();
});
