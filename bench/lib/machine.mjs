// Where and of what a result is.
import { execFileSync } from 'node:child_process';
import os from 'node:os';

export function describeMachine() {
  return {
    machine: {
      cpu: os.cpus()[0]?.model ?? 'unknown',
      cores: os.cpus().length,
      memoryMb: Math.round(os.totalmem() / 2 ** 20),
      kernel: `${os.type()} ${os.release()}`,
      arch: os.arch(),
    },
    node: process.version,
    commit: describeCommit(),
  };
}

/** The commit, with `-dirty` if files differ from it; null outside a repository. */
function describeCommit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'], {
      cwd: new URL('.', import.meta.url),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
