import { bareAdapter } from '../lib/bare-adapter.mjs';

export const { primary } = bareAdapter('reuseport');
