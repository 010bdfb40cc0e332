/** Whether Node's options let a worker load the addon; those of this process say that by themselves, when it loads it. */

const NO_ADDONS = '--no-addons';
const PERMISSIONS = ['--permission', '--experimental-permission'];
const ALLOW_ADDONS = '--allow-addons';

/** The option by which a process with these cannot, or null. `nodeOptions` is what NODE_OPTIONS holds. */
export function addonsForbiddenBy(
  execArgv: readonly string[],
  nodeOptions: string | undefined,
): string | null {
  const words = [...execArgv, ...(nodeOptions ?? '').split(/\s+/)];
  if (words.includes(NO_ADDONS)) return NO_ADDONS;
  if (words.includes(ALLOW_ADDONS)) return null;
  return PERMISSIONS.find((word) => words.includes(word)) ?? null;
}
