/** The drop-in's options: by `configure()`, or from the environment for the preload. */

import { load } from '../lazy.js';
import type { DispatcherOptions } from '../types/options.js';

type FromEnvironment = Omit<DispatcherOptions, 'maxConnections'>;

/** Each variable with the option it is. */
export const VARIABLES: Record<string, { option: keyof FromEnvironment; isNumber: boolean }> = {
  RONDO_POLICY: { option: 'policy', isNumber: false },
  RONDO_WINDOW: { option: 'window', isNumber: true },
  RONDO_TRANSPORT: { option: 'transport', isNumber: false },
  RONDO_STICKY: { option: 'sticky', isNumber: false },
  RONDO_TAKE_BACK_MS: { option: 'takeBackMs', isNumber: true },
  RONDO_REBALANCE: { option: 'rebalance', isNumber: false },
  RONDO_PROXY_PROTOCOL: { option: 'proxyProtocol', isNumber: false },
};

/** Throws `ERR_RONDO_INVALID_OPTION`, naming the variable. */
export function optionsFromEnvironment(env: NodeJS.ProcessEnv): FromEnvironment {
  const options: Record<string, unknown> = {};
  for (const [variable, { option, isNumber }] of Object.entries(VARIABLES)) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    options[option] = check(variable, option, isNumber && /^\d+$/.test(text) ? Number(text) : text);
  }
  return options;
}

function check(variable: string, option: string, value: string | number): string | number {
  // Not loaded where nothing is set, which is most processes.
  const { validateDispatcherOptions } = load('dispatcher/options.js');
  const { invalidOption, RondoError } = load('errors.js');
  try {
    validateDispatcherOptions({ [option]: value });
    return value;
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    const expected = /must be (.*)\. Received/s.exec(error.message)?.[1] ?? 'another value';
    throw invalidOption(variable, expected, String(value));
  }
}
