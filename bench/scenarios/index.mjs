// The scenarios in the order they run. Adding one is a line here and a file beside this one.
import { blocked } from './blocked.mjs';
import { busy } from './busy.mjs';
import { keepAlive } from './keep-alive.mjs';
import { storm } from './storm.mjs';

/** @type {Record<string, import('../lib/types.mjs').Scenario>} */
export const SCENARIOS = {
  storm,
  busy,
  blocked,
  'keep-alive': keepAlive,
};
