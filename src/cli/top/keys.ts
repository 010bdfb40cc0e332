/** What was pressed, from the bytes of a terminal. */

export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'escape'
  | 'interrupt'
  | 'suspend'
  | 'enter'
  | (string & {});

const SEQUENCES: Record<string, Key> = {
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\x1bOA': 'up',
  '\x1bOB': 'down',
  '\x1bOC': 'right',
  '\x1bOD': 'left',
  '\x1b': 'escape',
  '\x03': 'interrupt',
  '\x1a': 'suspend',
  '\r': 'enter',
  '\n': 'enter',
};

/** A sequence that is not known is one key, and not what its last letter would do. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's sequences begin so.
const ONE = /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO.|\x1b.?|[^\x1b]/gsu;

export function keysIn(text: string): Key[] {
  return Array.from(text.matchAll(ONE), ([one]) => SEQUENCES[one] ?? one);
}
