// Loaded into every test file, for the processes that it starts. tap puts its coverage and process
// bookkeeping into each, which triples its start and gives it signal listeners of tap's own. They
// are what is tested, so they run as a user would start them. And whatever is left of them when the
// file ends is ended with it: it has the file's stdout, and tap would wait for that for ever.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import processOnSpawn from 'process-on-spawn';

const mark = ['RONDO_TEST_PID', String(process.pid)];

processOnSpawn.removeAllListeners();
processOnSpawn.addListener((child) => {
  const { NODE_OPTIONS: options, ...env } = child.env;
  // tap's, unless the test gave the child one of its own.
  if (options !== undefined && options !== process.env.NODE_OPTIONS) env.NODE_OPTIONS = options;
  child.env = { ...env, [mark[0]]: mark[1] };
});

// What child_process.fork and node:cluster pass on: the loaders of this test.
process.execArgv.length = 0;

// Their control sockets: those of one file's processes, and no others, are found by their names.
if (isMainThread) {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-run-'));
  process.env.XDG_RUNTIME_DIR = directory;
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
}

if (process.platform === 'linux' && isMainThread) process.on('exit', endWhatIsLeft);

function endWhatIsLeft() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(mark.join('=')))
        continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
      process.kill(Number(pid), 'SIGKILL');
      console.error(`${process.argv[1]} left a process running: ${command}`);
    } catch {
      // It ended meanwhile, or is another user's.
    }
  }
}
