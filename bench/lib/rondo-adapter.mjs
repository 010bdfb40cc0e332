// rondo as its README shows it: a Dispatcher, a slot per worker, attach() in the worker. Default
// options in every scenario, apart from the transport under test.
import { once } from 'node:events';

/**
 * @param {'native' | 'ipc'} transport
 * @returns {import('./types.mjs').Adapter}
 */
export function rondoAdapter(transport) {
  return {
    async primary({ workers, startWorker }) {
      const { Dispatcher } = await import('rondo');
      const dispatcher = new Dispatcher({ transport });
      const listener = await dispatcher.listen({ port: 0, host: '127.0.0.1' });
      for (let index = 0; index < workers; index++) {
        const slot = dispatcher.openSlot();
        slot.assign(startWorker(index, { stdio: slot.stdio, env: slot.env }));
      }
      return { port: /** @type {import('node:net').AddressInfo} */ (listener.address()).port };
    },

    async worker(server) {
      const { attach } = await import('rondo/worker');
      const listening = once(server, 'listening');
      attach(server);
      await listening;
    },
  };
}
