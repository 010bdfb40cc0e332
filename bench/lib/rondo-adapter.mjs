// rondo as its README shows it: a Dispatcher, a slot per worker, attach() in the worker. Default
// options in every scenario, apart from those under test.
import { once } from 'node:events';

/**
 * @param {import('rondo').DispatcherOptions} options
 * @returns {import('./types.mjs').Adapter}
 */
export function rondoAdapter(options) {
  return {
    async primary({ address, workers, startWorker }) {
      const { Dispatcher } = await import('rondo');
      const dispatcher = new Dispatcher(options);
      const listener = await dispatcher.listen(address);
      const slots = Array.from({ length: workers }, () => dispatcher.openSlot());
      for (const index of slots.keys()) start(index);
      dispatcher.on('slot:gone', (slot) => start(slots.indexOf(slot)));
      return {
        port: /** @type {import('node:net').AddressInfo} */ (listener.address()).port,
        // As soon as what the worker had not received has been taken back: 'slot:gone'.
        replace: () => {},
      };

      /** @param {number} index */
      function start(index) {
        const { stdio, env } = slots[index];
        slots[index].assign(startWorker(index, { stdio, env }));
      }
    },

    async worker(server) {
      const { attach } = await import('rondo/worker');
      const listening = once(server, 'listening');
      attach(server);
      await listening;
    },
  };
}
