// The runner's side of a primary (../primary.mjs, ../cluster-primary.mjs): calls go there as messages, and
// it is known which workers there are and which there have been.
import { fork, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ended, track } from '../../bench/lib/processes.mjs';
import { mark } from './leftovers.mjs';
import { Line } from './line.mjs';

const MAX_STDERR = 4_096;
const EXIT_TIMEOUT_MS = 5_000;
/** Longer than a reload of all workers, each of which has to be killed. */
const CALL_TIMEOUT_MS = 60_000;

/**
 * A worker as an event of the primary tells of it.
 * @typedef {object} Told
 * @property {number} pid
 * @property {Array<{ port: number }>} [listening]
 * @property {string | null} [reason]
 * @property {number | null} [code]
 * @property {string | null} [signal]
 * @property {{ destroyed: number } | null} [drained]
 * @property {number} [open]
 */

export class Program extends EventEmitter {
  /** Every process that was started as a worker. @type {Set<number>} */
  pids = new Set();
  /** @type {Set<number>} */
  ready = new Set();
  /** @type {Set<number>} */
  exited = new Set();
  /** When each of them became so. @type {Map<number, number>} */
  readyAt = new Map();
  /** Those that may die unasked: of what was done to them, or because their release is bad. @type {Set<number>} */
  harmed = new Set();
  /** Those that anything was done to. @type {Set<number>} */
  hit = new Set();
  /** How many workers were to be recycled and stayed. */
  recyclesFailed = 0;
  /** How many of those were ended by SIGKILL. */
  killed = 0;
  port = 0;
  stderr = '';
  #child;
  #seq = 0;
  /** To a primary that may be upgraded. @type {Line | null} */
  #line = null;

  /**
   * @param {URL} file
   * @param {{ env?: Record<string, string>, [option: string]: unknown }} options
   * @param {{ isUpgradable?: boolean }} [how] it is spoken to by a socket then, for an IPC channel is of one process
   */
  constructor(file, options, { isUpgradable = false } = {}) {
    super();
    this.setMaxListeners(0);
    this.env = options.env ?? {};
    // Of a process group of its own, which can be sent a signal. Without the addon it would be another program
    // that is tried.
    const common = { detached: true, env: { ...process.env, RONDO_NATIVE: '1', ...mark } };
    const words = [JSON.stringify(options)];
    if (isUpgradable) {
      this.#line = new Line((message, pid) => this.#onMessage(message, pid));
      this.#child = spawn(process.execPath, [fileURLToPath(file), ...words, this.#line.path], {
        ...common,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      this.#line.on('gone', (pid) => {
        if (pid !== this.#child.pid && pid === this.pid) this.emit('gone');
      });
    } else {
      this.#child = fork(file, words, {
        ...common,
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
    }
    track(this.#child.pid);
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr = (this.stderr + text).slice(-MAX_STDERR);
    });
    this.#child.on('message', (message) => this.#onMessage(message));
    this.#child.once('exit', () => {
      if (this.pid === this.#child.pid) this.emit('gone');
    });
  }

  /** The present primary. */
  get pid() {
    return this.#line?.pid ?? /** @type {number} */ (this.#child.pid);
  }

  get isGone() {
    if (this.#line !== null && this.pid !== this.#child.pid) return this.#line.isGone;
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** @param {NodeJS.Signals} name */
  signal(name) {
    if (!this.isGone) process.kill(this.pid, name);
  }

  /** To the primary and its workers, as a terminal or systemd sends it. @param {NodeJS.Signals} name */
  signalGroup(name) {
    // The group is the first one's for good.
    if (!this.isGone) process.kill(-(/** @type {number} */ (this.#child.pid)), name);
  }

  /**
   * Rejects if the call fails, takes too long, or the primary ends.
   * @param {string} call
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  call(call, ...args) {
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      const onGone = () => end('the primary ended');
      const timer = setTimeout(() => end('no answer'), CALL_TIMEOUT_MS);
      const end = (/** @type {string | undefined} */ error, /** @type {any} */ result = null) => {
        clearTimeout(timer);
        this.off('gone', onGone);
        if (error === undefined) resolve(result);
        else reject(new Error(`${call}: ${error}${this.isGone ? `\n${this.stderr}` : ''}`));
      };
      if (this.isGone) return onGone();
      this.once('gone', onGone);
      this.once(`answer:${seq}`, ({ result, error }) => end(error, result));
      const message = { seq, call, args };
      if (this.#line === null) this.#child.send(message, () => {});
      else
        this.#line.send(
          message,
          call === 'tell' || call === 'kill' ? /** @type {number} */ (args[0]) : null,
        );
    });
  }

  /** After stop(): true if it ends by itself, as nothing keeps it running. */
  async end() {
    const gone = this.isGone ? undefined : once(this, 'gone');
    if (this.#child.connected) this.#child.disconnect();
    this.#line?.close();
    let isKilled = false;
    const timer = setTimeout(() => {
      isKilled = true;
      process.kill(this.pid, 'SIGKILL');
    }, EXIT_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
    // stderr stays open as long as a worker has it.
    this.#child.stderr?.destroy();
    await ended([this.pid, ...this.pids], 1_000);
    // Of one that another process has started the code is not known here.
    return this.pid === this.#child.pid ? this.#child.exitCode === 0 : !isKilled;
  }

  /**
   * @param {any} message
   * @param {number} [from] the primary that has said it
   */
  #onMessage(message, from) {
    if (message.answers !== undefined) return void this.emit(`answer:${message.answers}`, message);
    const { event, args } = message;
    const [told] = args;
    if (event === 'up') track(from);
    if (event.startsWith('worker:')) {
      if (from !== undefined) this.#line?.own(told.pid, from);
      this.#onWorker(event, told);
    }
    if (event === 'recycle:failed') this.recyclesFailed++;
    this.emit('told', event, ...args);
  }

  /**
   * @param {string} event
   * @param {Told} told
   */
  #onWorker(event, { pid, listening, signal }) {
    if (event === 'worker:starting') {
      this.pids.add(pid);
      track(pid);
    } else if (event === 'worker:ready') {
      this.ready.add(pid);
      this.readyAt.set(pid, performance.now());
      this.port = listening?.[0]?.port ?? this.port;
    } else if (event === 'worker:draining') {
      this.ready.delete(pid);
    } else if (event === 'worker:exited') {
      this.ready.delete(pid);
      this.exited.add(pid);
      if (signal === 'SIGKILL') this.killed++;
    }
  }
}
