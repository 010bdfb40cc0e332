// Whether the rondo that is here moves idle connections: the option `rebalance`.
import { Dispatcher } from 'rondo';

/** @typedef {'off' | 'auto' | 'always'} Rebalance */

export const canRebalance = hasOption();

/**
 * The option, where there is one. Without it every connection stays with its worker, as with `off`.
 * @param {Rebalance} rebalance
 * @returns {{ rebalance?: Rebalance }}
 */
export function rebalanceOption(rebalance) {
  return canRebalance ? { rebalance } : {};
}

/** A name that is not known is reported before a value that is wrong, so that nothing is started. */
function hasOption() {
  const options = { rebalance: 'off', window: -1 };
  try {
    new Dispatcher(/** @type {{}} */ (options));
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code !== 'ERR_RONDO_UNKNOWN_OPTION';
  }
  throw new Error('a window of -1 is no error');
}
