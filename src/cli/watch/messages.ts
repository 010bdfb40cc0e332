/** What a worker of a program that is watched tells the primary. Node keeps it from the program, by its `cmd`. */

const CMD = 'NODE_RONDO_LOADED';

export interface LoadedMessage {
  cmd: typeof CMD;
  /** Absolute paths. */
  files: string[];
}

export function loadedMessage(files: string[]): LoadedMessage {
  return { cmd: CMD, files };
}

/** Null if it is another one. A worker may send anything. */
export function loadedFiles(message: unknown): string[] | null {
  const { cmd, files } = (message ?? {}) as Partial<LoadedMessage>;
  if (cmd !== CMD || !Array.isArray(files)) return null;
  return files.filter((file) => typeof file === 'string');
}
