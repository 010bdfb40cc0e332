/**
 * Whether this Node.js can run rondo. Evaluated before everything else, so it uses nothing that an older one lacks.
 */

/** As `engines` in package.json. */
const NEEDED = '^20.19 || >=22.12';

/** What is wrong with that version, for people; null if nothing is. */
export function wrongNode(version: string = process.versions.node): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isRight = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  return isRight ? null : `rondo needs Node.js ${NEEDED}, and this is ${version}`;
}

/** Throws an error with the code `ERR_RONDO_NODE_VERSION`. */
export function checkNode(): void {
  const wrong = wrongNode();
  if (wrong !== null) throw Object.assign(new Error(wrong), { code: 'ERR_RONDO_NODE_VERSION' });
}
