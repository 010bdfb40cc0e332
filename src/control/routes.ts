/** From a request to its answer: who asks, what for, and what is logged of it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PeerCredentials } from '../native/index.js';
import { checkOneOf } from '../options.js';
import type { StopSignal } from '../supervisor/types.js';
import { answer, bodyOf, errorAnswer, RequestError } from './answering.js';
import type { ControlAction, ControlFigures } from './answers.js';
import { argumentsOf, CHANGES, type Change, type ChangeContext } from './changes.js';
import { Followers } from './follow.js';
import { askerOf, isAllowed, nameOf } from './peers.js';
import { linesIn, READS, type ReadContext } from './reads.js';

export interface RoutesContext extends ReadContext, ChangeContext {
  count(figure: keyof ControlFigures): void;
  onAction(action: ControlAction): void;
}

const EVENTS = '/v1/events';
const STOP = '/v1/stop';
const LONGEST_VALUE = 200;
const ALL = [...READS.keys(), EVENTS, ...CHANGES.keys(), STOP];

export class Routes {
  readonly #context: RoutesContext;
  readonly #followers: Followers;

  constructor(context: RoutesContext) {
    this.#context = context;
    this.#followers = new Followers(context.log, () => context.count('unread'));
  }

  /** Never rejects. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    peer: PeerCredentials | null,
  ): Promise<void> {
    // The client may go at any time.
    response.on('error', () => {});
    const send = (status: number, body: unknown): void => {
      if (!response.destroyed) {
        answer(response, status, body, () => this.#context.count('unread'));
      }
    };
    try {
      if (!isAllowed(peer)) {
        this.#context.count('forbidden');
        throw new RequestError(403, `User ${peer?.uid} may not use this control socket`);
      }
      const body = await this.#run(request, response, peer);
      if (body !== undefined) send(200, body);
    } catch (error) {
      const { status, body } = errorAnswer(error);
      // What is left of the request is not read.
      const isLast = !request.complete || status === 403;
      if (isLast && !response.headersSent) response.setHeader('Connection', 'close');
      if (response.headersSent) response.end();
      else send(status, body);
    }
  }

  /** Resolves with the answer; undefined if it has been given. */
  async #run(
    request: IncomingMessage,
    response: ServerResponse,
    peer: PeerCredentials | null,
  ): Promise<unknown> {
    const { method = '', url = '' } = request;
    const [path = '', search = ''] = url.split('?', 2);
    const query = new URLSearchParams(search);
    if (method === 'GET' || method === 'HEAD') {
      if (path === EVENTS && method === 'GET') {
        this.#followers.add(response, linesIn(query, 0));
        return undefined;
      }
      const read = READS.get(path);
      if (read !== undefined) return read(this.#context, query);
    } else if (method === 'POST') {
      const body = await bodyOf(request);
      if (path === STOP) return this.#stop(body, response, peer);
      const [change, params] = find(path);
      if (change !== null) return this.#change(change, argumentsOf(change, params, body), peer);
    }
    throw notFound(method, path);
  }

  async #change(
    change: Change,
    given: Record<string, unknown>,
    peer: PeerCredentials | null,
  ): Promise<object> {
    const action = { action: change.action, arguments: given, by: askerOf(peer) };
    this.#tell({ ...action, error: null });
    try {
      return await change.run(this.#context, given);
    } catch (error) {
      this.#tell({ ...action, error: error as Error });
      throw error;
    }
  }

  /** Answered in two lines: the process may end with the second one. */
  async #stop(
    { signal = 'SIGTERM', ...others }: Record<string, unknown>,
    response: ServerResponse,
    peer: PeerCredentials | null,
  ): Promise<undefined> {
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new RequestError(400, `stop: there is no option '${unknown}'`);
    checkOneOf('signal', signal, ['SIGTERM', 'SIGINT']);
    const { actions, supervisor } = this.#context;
    const by = askerOf(peer);
    this.#tell({ action: 'stop', arguments: { signal }, by, error: null });
    response.writeHead(202, { 'Content-Type': 'application/x-ndjson' });
    response.write('{"state":"stopping"}\n');
    await (actions.stop?.(signal as StopSignal) ?? supervisor.stop(signal as StopSignal));
    response.end('{"state":"stopped"}\n');
    return undefined;
  }

  #tell(action: ControlAction): void {
    const { log, onAction } = this.#context;
    const { error, ...asked } = action;
    log.add('action', actionText(action), { ...asked, ...(error && { error: error.message }) });
    try {
      onAction(action);
    } catch (thrown) {
      process.nextTick(() => {
        throw thrown;
      });
    }
  }
}

/** A line for people: `scale (workers 4), asked for by process 12 (uid 0): rondo scale 4`. */
export function actionText({ action, arguments: given, by, error }: ControlAction): string {
  const fields = Object.entries(given).map(([key, value]) => {
    // What is no plain word could look like another line.
    const isPlain = typeof value === 'string' && /^[\w.:/-]{1,80}$/.test(value);
    return `${key} ${isPlain ? value : JSON.stringify(value)?.slice(0, LONGEST_VALUE)}`;
  });
  const what = fields.length === 0 ? action : `${action} (${fields.join(', ')})`;
  // What a worker wrote last is in the event.
  if (error !== null) return `${what} failed: ${error.message.split('\n', 1)[0]}`;
  return `${what}, asked for by ${nameOf(by)}`;
}

/** With what stands for each `*`. */
function find(path: string): [Change | null, string[]] {
  const parts = path.split('/');
  for (const [pattern, change] of CHANGES) {
    const wanted = pattern.split('/');
    const isIt = wanted.every((part, i) => (part === '*' ? parts[i] !== '' : part === parts[i]));
    if (wanted.length !== parts.length || !isIt) continue;
    return [change, parts.filter((_, i) => wanted[i] === '*').map(decoded)];
  }
  return [null, []];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RequestError(400, `The path has a part that cannot be decoded: ${part}`);
  }
}

function notFound(method: string, path: string): RequestError {
  const isRead = READS.has(path) || path === EVENTS;
  const isChange = path === STOP || find(path)[0] !== null;
  if (isRead || isChange) {
    const methods = [isRead ? 'GET' : '', isChange ? 'POST' : ''].filter(Boolean).join(' and ');
    return new RequestError(405, `${path} is for ${methods}. Received ${method}`);
  }
  return new RequestError(404, `There is no ${path}. Known are: ${[...new Set(ALL)].join(', ')}`);
}
