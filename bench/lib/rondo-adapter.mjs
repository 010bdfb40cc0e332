// rondo as its README shows it: a Dispatcher, a slot per worker, attach() in the worker. Default
// options in every scenario, apart from those under test.
import { once } from 'node:events';

/**
 * @param {import('rondo').DispatcherOptions} defaults
 * @param {(dispatcher: import('rondo').Dispatcher, tools: import('./types.mjs').PrimaryTools) => Promise<void>} [beside]
 *   what is done when it listens
 * @returns {import('./types.mjs').Adapter}
 */
export function rondoAdapter(defaults, beside = async () => {}) {
  return {
    async primary(tools) {
      const { address, withSecond, options, workers, startWorker } = tools;
      const { Dispatcher } = await import('rondo');
      const dispatcher = new Dispatcher({ ...defaults, ...options.dispatcher });
      const port = await listen(address);
      const secondPort = withSecond ? await listen({ ...address, port: 0, name: 'second' }) : 0;
      await beside(dispatcher, tools);
      const slots = Array.from({ length: workers }, () => dispatcher.openSlot(options.slot));
      for (const index of slots.keys()) start(index);
      dispatcher.on('slot:gone', (slot) => start(slots.indexOf(slot)));
      return {
        port,
        secondPort,
        // As soon as what the worker had not received has been taken back: 'slot:gone'.
        replace: () => {},
        add(index) {
          slots[index] = dispatcher.openSlot(options.slot);
          start(index);
        },
      };

      /** @param {import('rondo').ListenOptions} where */
      async function listen(where) {
        const listener = await dispatcher.listen({ ...where, ...options.listen });
        return /** @type {import('node:net').AddressInfo} */ (listener.address()).port;
      }

      /** @param {number} index */
      function start(index) {
        const { stdio, env } = slots[index];
        slots[index].assign(startWorker(index, { stdio, env }));
      }
    },

    async worker(server) {
      const { attach } = await import('rondo/worker');
      const listening = once(server, 'listening');
      // To both listeners, if there are two.
      attach(server);
      await listening;
    },
  };
}
