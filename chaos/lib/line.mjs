// The runner's line to a primary that may be upgraded: each process of it connects to a socket of the runner's. The present
// one is the first, until another has taken over from it.
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export class Line extends EventEmitter {
  /** The present one's. @type {number | null} */
  pid = null;
  isGone = false;
  path;
  #server;
  /** @type {Map<number, import('node:net').Socket>} */
  #sockets = new Map();
  /** Which of them has started each worker. @type {Map<number, number>} */
  #owners = new Map();
  /** Before the first has connected. @type {string[]} */
  #waiting = [];

  /** @param {(message: any, pid: number) => void} onMessage */
  constructor(onMessage) {
    super();
    const directory = mkdtempSync(path.join(tmpdir(), 'rondo-chaos-line-'));
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    this.path = path.join(directory, 'socket');
    this.#server = createServer((socket) => {
      let pid = 0;
      socket.on('error', () => {});
      createInterface({ input: socket }).on('line', (text) => {
        const message = JSON.parse(text);
        if (message.event === 'up') {
          pid = message.args[0];
          this.#sockets.set(pid, socket);
          if (this.pid === null) this.#present(pid);
        }
        if (message.event === 'upgrade:taken') this.#present(pid);
        onMessage(message, pid);
      });
      socket.once('close', () => {
        this.#sockets.delete(pid);
        if (pid !== this.pid) return;
        this.isGone = true;
        this.emit('gone', pid);
      });
    }).listen(this.path);
    this.#server.unref();
  }

  /**
   * To the present one, or to the one that has started that worker.
   * @param {object} message
   * @param {number | null} worker
   */
  send(message, worker) {
    const owner = (worker === null ? undefined : this.#owners.get(worker)) ?? this.pid;
    const text = `${JSON.stringify(message)}\n`;
    const socket = owner === null ? undefined : (this.#sockets.get(owner) ?? this.#presents());
    if (socket === undefined) this.#waiting.push(text);
    else socket.write(text);
  }

  /**
   * @param {number} worker
   * @param {number} pid
   */
  own(worker, pid) {
    this.#owners.set(worker, pid);
  }

  close() {
    for (const socket of this.#sockets.values()) socket.end();
    this.#server.close();
  }

  #presents() {
    return this.pid === null ? undefined : this.#sockets.get(this.pid);
  }

  /** @param {number} pid */
  #present(pid) {
    this.pid = pid;
    for (const text of this.#waiting.splice(0)) this.#presents()?.write(text);
  }
}
