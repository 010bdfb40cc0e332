// Other versions of Node, from npm, kept in node_modules/.cache.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { must, root } from './support.mjs';

/** The oldest of each line that `engines` names. */
export const FLOORS = ['20.19.0', '22.12.0', '24.0.0'];
/** The newest of each line. */
export const NEWEST = ['20', '22', '24', '26'];
export const MATRIX = [...FLOORS, ...NEWEST];

/** The executable. `version` may be of a line, such as '24': the newest of it, as of the first install. */
export async function installedNode(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = path.join(root, 'node_modules', '.cache', 'nodes', version);
  const node = path.join(prefix, 'node_modules', name, 'bin', 'node');
  if (!existsSync(node)) {
    const args = ['install', '--prefix', prefix, '--no-save', '--no-package-lock'];
    await must('npm', [...args, `${name}@${version}`], { capture: true });
  }
  return node;
}

/** An environment in which `node` is what `npx` and scripts find. */
export function environmentOf(node) {
  return { PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
}

/** Runs `test` with the executable of each version, and its name; it resolves with an exit status. Sets that of this script. */
export async function onEach(versions, test) {
  const failed = [];
  for (const version of versions) {
    const node = await installedNode(version);
    const exact = (await must(node, ['--version'], { capture: true })).trim();
    console.log(`# Node ${exact}`);
    if ((await test(node, version)) !== 0) failed.push(exact);
  }
  console.log(failed.length === 0 ? '# passed on all' : `# failed on ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
