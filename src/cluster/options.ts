/** The drop-in's options: by `configure()`, or from the environment for the preload. */

import { invalidOption, RondoError } from '../errors.js';
import { validateDispatcherOptions } from '../options.js';
import type { DispatcherOptions } from '../types.js';

/** Each variable with the option it is. */
const VARIABLES: Record<string, { option: keyof DispatcherOptions; isNumber: boolean }> = {
  RONDO_POLICY: { option: 'policy', isNumber: false },
  RONDO_WINDOW: { option: 'window', isNumber: true },
  RONDO_TRANSPORT: { option: 'transport', isNumber: false },
  RONDO_TAKE_BACK_MS: { option: 'takeBackMs', isNumber: true },
};

/** Throws `ERR_RONDO_INVALID_OPTION`, naming the variable. */
export function optionsFromEnvironment(env: NodeJS.ProcessEnv): DispatcherOptions {
  const options: Record<string, unknown> = {};
  for (const [variable, { option, isNumber }] of Object.entries(VARIABLES)) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    const value = isNumber && /^\d+$/.test(text) ? Number(text) : text;
    try {
      validateDispatcherOptions({ [option]: value });
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      const expected = /must be (.*)\. Received/s.exec(error.message)?.[1] ?? 'another value';
      throw invalidOption(variable, expected, text);
    }
    options[option] = value;
  }
  return options;
}
