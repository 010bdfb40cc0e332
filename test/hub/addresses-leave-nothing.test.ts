// Where a member listens: on Linux nothing is in the file system; elsewhere there is a file that only this user can get at, and which
// goes with the process.

import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'tap';

const URL_OF_IT = new URL('../../dist/hub/address.js', import.meta.url).href;

/** Its address on that platform, as a program has it that listens there, connects to itself and ends. */
function addressOn(platform: string): { address: string; mode: number } {
  const code = `
    const { listenAt, newAddress } = await import('${URL_OF_IT}');
    const address = newAddress('${platform}');
    const { statSync } = await import('node:fs');
    const mode = address[0] === '/' ? statSync((await import('node:path')).dirname(address)).mode & 0o777 : 0;
    listenAt(address, (socket) => socket.end());
    const { connect } = await import('node:net');
    connect(address).resume().once('close', () => console.log(JSON.stringify({ address, mode })));`;
  const args = ['--input-type=module', '-e', code];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('an abstract name', { skip: process.platform !== 'linux' && 'Linux has them' }, async (t) => {
  const [{ address }, other] = [addressOn('linux'), addressOn('linux')];
  t.match(address, /^\0rondo-[0-9a-f]{101}$/, 'as long as it may be');
  t.not(address, other.address);
});

test('a file', async (t) => {
  const { address, mode } = addressOn('darwin');
  t.match(path.basename(address), /^rondo-[0-9a-f]{32}$/);
  t.equal(mode, 0o700);
  t.notOk(existsSync(path.dirname(address)), 'and the directory is removed');
  t.ok(statSync(path.dirname(path.dirname(address))).isDirectory());
});
