// Text for people: columns, and one line of TAP for each limit.

/**
 * @typedef {object} Line
 * @property {string} what
 * @property {number | string} measured
 * @property {string} limit
 * @property {boolean} isKept
 * @property {string[]} [details] of a violation
 */

const MOST_DETAILS = 10;

/**
 * With the closing line by which CI counts.
 * @param {Line[]} lines
 */
export function tap(lines) {
  const kept = lines.filter(({ isKept }) => isKept).length;
  const fail = lines.length - kept;
  return [
    'TAP version 14',
    ...lines.flatMap(({ what, measured, limit, isKept, details = [] }, index) => [
      `${isKept ? 'ok' : 'not ok'} ${index + 1} - ${what}: ${measured} (limit: ${limit})`,
      ...(isKept ? [] : diagnostics(details)),
    ]),
    `1..${lines.length}`,
    `# { total: ${lines.length}, pass: ${kept}${fail === 0 ? '' : `, fail: ${fail}`} }`,
  ].join('\n');
}

/** @param {string[]} details */
function diagnostics(details) {
  if (details.length === 0) return [];
  const some = details.slice(0, MOST_DETAILS);
  return ['  ---', ...some.map((detail) => `  - ${JSON.stringify(detail)}`), '  ...'];
}
