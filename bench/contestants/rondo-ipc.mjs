import { rondoAdapter } from '../lib/rondo-adapter.mjs';

export const { primary, worker } = rondoAdapter({ transport: 'ipc' });
