/** Whether Node's options let a worker load the addon; those of this process say that by themselves, when it loads it. */

const NO_ADDONS = '--no-addons';
const PERMISSIONS = ['--permission', '--experimental-permission'];
const ALLOW_ADDONS = '--allow-addons';

/** Options of Node for workers: those of the command line, and NODE_OPTIONS. */
export interface WorkerArgs {
  execArgv: readonly string[];
  nodeOptions: string | undefined;
}

/** The option by which a process with these cannot, or null. */
export function addonsForbiddenBy({ execArgv, nodeOptions }: WorkerArgs): string | null {
  const words = [...execArgv, ...(nodeOptions ?? '').split(/\s+/)];
  if (words.includes(NO_ADDONS)) return NO_ADDONS;
  if (words.includes(ALLOW_ADDONS)) return null;
  return PERMISSIONS.find((word) => words.includes(word)) ?? null;
}
