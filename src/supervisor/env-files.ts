/**
 * Variables that this process has from `--env-file` and from nowhere else. Workers read the files themselves,
 * as they are by then, and what they inherit would go before that. Node reads such a flag wherever it stands in
 * the command line, also among rondo's own flags, of which the workers get nothing.
 */

import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Each of them as undefined, for the environment of a child. */
export type Withheld = Record<string, undefined>;

/** Read at once: by the next reload the files may be others. */
const loaded = variablesOfFiles(namesOfFiles(process.execArgv));

/** By the file. */
const loadedFromArgv = new Map(
  namesOfFiles(process.argv.slice(2)).map((file) => [file, variablesOfFiles([file])]),
);

/**
 * None unless the child has `--env-file` too, or is given what is in these files, or where it cannot be seen
 * (without `/proc`).
 */
export function withheldFrom(
  execArgv: readonly string[],
  envFile: ReadonlyArray<{ file: string }> = [],
): Withheld {
  const own = namesOfFiles(execArgv).length === 0 ? {} : loaded;
  return Object.assign({}, own, ...envFile.map(({ file }) => loadedFromArgv.get(file) ?? {}));
}

function variablesOfFiles(files: readonly string[]): Withheld {
  const withheld: Withheld = {};
  if (files.length === 0) return withheld;
  try {
    const own = /^[^=]*/;
    const atStart = new Set(
      readFileSync('/proc/self/environ', 'utf8')
        .split('\0')
        .map((entry) => own.exec(entry)?.[0]),
    );
    for (const file of files) {
      for (const name of Object.keys(variablesIn(file))) {
        if (!atStart.has(name)) withheld[name] = undefined;
      }
    }
  } catch {
    // Without /proc they are inherited.
  }
  return withheld;
}

function variablesIn(file: string): object {
  try {
    return parseEnv(readFileSync(file, 'utf8'));
  } catch {
    // By --env-file-if-exists.
    return {};
  }
}

function namesOfFiles(execArgv: readonly string[]): string[] {
  return execArgv.flatMap((word, index) => {
    const [, file] = /^--env-file(?:-if-exists)?(?:=(.*))?$/.exec(word) ?? [null, null];
    if (file === null) return [];
    return file ?? execArgv[index + 1] ?? [];
  });
}
