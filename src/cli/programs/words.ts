/** The command line of one of several programs, made of that which was given for all. */

import { isFlag, type StartArguments } from '../arguments.js';

/** Flags that are about all programs together, or have another value for each. */
const NOT_PASSED_ON = [
  'config',
  'pidfile',
  'program',
  'fail-together',
  'name',
  'control',
  'metrics',
];

/** After `start`. */
export function wordsFor(program: string, configFile: string, given: StartArguments): string[] {
  const { flags, args } = given;
  const passed = flags.filter(({ name }) => !NOT_PASSED_ON.includes(name));
  return [
    ...passed.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`)),
    ...controlWords(program, flags),
    ...['--config', configFile, '--program', program],
    ...(args.length > 0 ? ['--', ...args] : []),
  ];
}

/** Each has a control socket of its own, or none has one. */
function controlWords(program: string, flags: StartArguments['flags']): string[] {
  const given = (flag: string): string | undefined =>
    flags.find(({ name }) => name === flag)?.value;
  const all = given('name');
  return [
    ...(isFlag('name') ? [`--name=${all === undefined ? program : `${all}-${program}`}`] : []),
    ...(given('control') === 'off' ? ['--control=off'] : []),
  ];
}
