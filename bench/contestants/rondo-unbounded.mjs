import { rondoAdapter } from '../lib/rondo-adapter.mjs';

// More than any scenario has under way: each connection goes to the next worker, however many wait there.
export const { primary, worker } = rondoAdapter({ transport: 'native', window: 1024 });
