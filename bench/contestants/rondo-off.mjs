import { rebalanceOption } from '../lib/rebalance.mjs';
import { rondoAdapter } from '../lib/rondo-adapter.mjs';

export const { primary, worker } = rondoAdapter({
  transport: 'native',
  ...rebalanceOption('off'),
});
