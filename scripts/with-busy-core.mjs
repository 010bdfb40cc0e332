// Runs a command while another process keeps one core busy, as on a machine that is shared: what a test
// promises must hold there too.
//
// usage: node scripts/with-busy-core.mjs COMMAND [ARG…]
import { spawn } from 'node:child_process';
import { run } from './support.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('usage: node scripts/with-busy-core.mjs COMMAND [ARG…]');

// It looks up each second, so it does not outlive this process for longer than that.
const spin = `
  for (;;) {
    const end = Date.now() + 1000;
    while (Date.now() < end);
    if (process.ppid !== ${process.pid}) process.exit();
  }`;
const hog = spawn(process.execPath, ['-e', spin], { stdio: 'ignore' });
process.on('exit', () => hog.kill('SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

process.exitCode = (await run(command, args)).code;
hog.kill('SIGKILL');
