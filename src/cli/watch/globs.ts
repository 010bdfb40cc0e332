/** The patterns of `--watch-ignore`, and what is not watched without any. Pure. */

import path from 'node:path';

/**
 * `*` and `?` match within a name, `**` over several, `{a,b}` one of them. One without a slash is for a name anywhere,
 * any other for a path from `base` on. What is below a directory that matches matches, too.
 */
export function globMatcher(globs: readonly string[], base: string): (file: string) => boolean {
  const names = globs.filter((glob) => !glob.includes('/')).map(expressionOf);
  const paths = globs.filter((glob) => glob.includes('/')).map((glob) => expressionOf(trim(glob)));
  return (file) => {
    const parts = path.relative(base, file).split(path.sep);
    return parts.some((part, index) => {
      const whole = parts.slice(0, index + 1).join('/');
      return names.some((one) => one.test(part)) || paths.some((one) => one.test(whole));
    });
  };
}

/** Whether it is in `node_modules`, or in a directory whose name begins with a dot, as seen from `base`. */
export function isHidden(file: string, base: string): boolean {
  const relative = path.relative(base, file);
  if (relative === '' || relative.startsWith('..')) return false;
  const parts = relative.split(path.sep);
  const isDotted = parts.slice(0, -1).some((part) => part.startsWith('.'));
  return isDotted || parts.includes('node_modules');
}

/** Slashes at its ends and a leading `./` say nothing more. */
function trim(glob: string): string {
  return glob.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}

function expressionOf(glob: string): RegExp {
  let text = '';
  let depth = 0;
  for (const [token] of glob.matchAll(/\*\*\/|\*\*|[\s\S]/g)) {
    if (token === '**/') text += '(?:.*/)?';
    else if (token === '**') text += '.*';
    else if (token === '*') text += '[^/]*';
    else if (token === '?') text += '[^/]';
    else if (token === '{') text += '(?:';
    else if (token === '}') text += depth > 0 ? ')' : '\\}';
    else if (token === ',' && depth > 0) text += '|';
    else text += token.replace(/[.+^$()|[\]\\]/, '\\$&');
    if (token === '{') depth++;
    else if (token === '}' && depth > 0) depth--;
  }
  return new RegExp(`^${text}${')'.repeat(depth)}$`);
}
