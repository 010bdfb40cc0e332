/**
 * The transport of a Socket.IO adapter: what is for all goes to the processes that have the namespace, an answer to the one that
 * has asked. `socket.io-adapter` does the rest. Who is there is known by the hub, so no heartbeats are sent.
 */

import type {
  ClusterAdapterWithHeartbeat,
  ClusterMessage,
  ClusterResponse,
} from 'socket.io-adapter';
import { hub, onLeft } from '../hub/index.js';
import type { BaseModule } from './base.js';
import { joinFrames } from './one-write.js';

/** As a constructor, which `io.adapter()` takes. */
type AdapterClass = new (nsp: unknown) => ClusterAdapterWithHeartbeat;

/** The longest that setTimeout takes: the hub tells of whoever goes. */
const NEVER_MS = 2 ** 31 - 1;

export function adapterClass(base: BaseModule, name: string): AdapterClass {
  const { MessageType } = base;

  class HubAdapter extends base.ClusterAdapterWithHeartbeat {
    readonly #namespace: string;
    readonly #toAll: string;
    /** Members of the hub by what the adapter calls them. */
    readonly #members = new Map<string, string>();
    readonly #stopWatching: () => void;
    #isReady: Promise<void> | null;
    #isInitialized = false;

    constructor(nsp: unknown) {
      super(nsp, { heartbeatInterval: NEVER_MS, heartbeatTimeout: Number.POSITIVE_INFINITY });
      this.#namespace = (nsp as { name: string }).name;
      this.#toAll = `rondo:socket.io:${name}:${this.#namespace}`;
      hub.on(this.#toAll, this.#onMessage);
      hub.on(toOne(this.uid), this.#onMessage);
      this.#stopWatching = onLeft((id) => this.#onLeft(id));
      // Whoever is asked has to know where the answer goes.
      this.#isReady = hub.ready().then(() => {
        this.#isReady = null;
      });
      // Not all versions of socket.io do so.
      this.init();
    }

    override init(): void {
      if (this.#isInitialized) return;
      this.#isInitialized = true;
      super.init();
    }

    override close(): void {
      super.close();
      this.#stopWatching();
      hub.off(this.#toAll, this.#onMessage);
      hub.off(toOne(this.uid), this.#onMessage);
    }

    protected override async doPublish(message: ClusterMessage): Promise<string> {
      await this.#send(this.#toAll, message);
      // Its own clients come last: the hub hands over in the next tick, which an async handler would otherwise delay.
      await new Promise((resolve) => process.nextTick(resolve));
      // No offset: connection state recovery is not supported.
      return '';
    }

    protected override doPublishResponse(to: string, response: ClusterResponse): Promise<void> {
      return this.#send(toOne(to), response);
    }

    async #send(event: string, message: ClusterMessage | ClusterResponse): Promise<void> {
      if (this.#isReady !== null) await this.#isReady;
      try {
        hub.emit(event, message);
      } catch (error) {
        // The base class keeps it to itself.
        process.emitWarning(`A message of Socket.IO is not sent: ${(error as Error).message}`, {
          code: (error as NodeJS.ErrnoException).code ?? '',
        });
        throw error;
      }
    }

    readonly #onMessage = (message: unknown): void => {
      const { uid } = message as ClusterMessage;
      const from = hub.sender()?.id;
      if (from !== undefined) this.#members.set(uid, from);
      this.onMessage(message as ClusterMessage);
    };

    /** What is still expected of it is not waited for. */
    #onLeft(id: string): void {
      for (const [uid, member] of this.#members) {
        if (member !== id) continue;
        this.#members.delete(uid);
        this.onMessage({ type: MessageType.ADAPTER_CLOSE, uid, nsp: this.#namespace });
      }
    }
  }

  joinFrames(HubAdapter.prototype);
  return HubAdapter as unknown as AdapterClass;
}

function toOne(uid: string): string {
  return `rondo:socket.io:${uid}`;
}
