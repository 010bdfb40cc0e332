/** Where the program of the workers is. */

import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { invalidOption } from '../errors.js';
import { type ValidSupervisorOptions, validateSupervisorOptions } from './options.js';
import type { SupervisorOptions } from './types.js';

/** With the paths made absolute, and the program found as `node` would find it. */
export function validate(options: SupervisorOptions): ValidSupervisorOptions {
  const valid = validateSupervisorOptions(options);
  const exec = path.resolve(valid.exec);
  try {
    // A path that was resolved before is not looked at again, and a link in it may have been turned.
    const real = path.join(realpathSync(path.dirname(exec)), path.basename(exec));
    const program = existsSync(real) ? realpathSync(real) : real;
    return { ...valid, exec: createRequire(import.meta.url).resolve(program) };
  } catch {
    throw invalidOption('exec', 'an existing program', options.exec);
  }
}
