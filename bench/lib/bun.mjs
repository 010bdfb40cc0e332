// Where Bun is, if it can be run here: nothing of it comes with the benchmark.
import { fileOf } from './installed.mjs';

const ARCH = { x64: 'x64', arm64: 'aarch64' };
/** The package has the program alone, without a script that would fetch one. */
export const PACKAGE = `@oven/bun-linux-${ARCH[/** @type {keyof typeof ARCH} */ (process.arch)]}`;

/** The program, or undefined if it is not installed. */
export function bunFile() {
  return fileOf(`${PACKAGE}/bin/bun`);
}
