// Publishes rondo, its platform packages and @rondo/bench: builds, tests the packages, and hands each to `npm publish
// --provenance`, the platform packages first and the benchmark last. Provenance needs a CI that npm trusts (GitHub Actions, GitLab); with --dry-run nothing is
// uploaded, and that is left out where there is no such CI.
//
// usage: node scripts/package/release.mjs [--dry-run] [--tag TAG] [--skip-build]
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { must, root, run, scratchDirectory, tap } from '../support.mjs';
import { stage } from './stage.mjs';

const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    'skip-build': { type: 'boolean', default: false },
    tag: { type: 'string', default: 'latest' },
  },
});
const isDry = values['dry-run'];
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

function refuse(reason) {
  console.error(`rondo ${version} is not released: ${reason}`);
  process.exit(1);
}

const changed = await must('git', ['status', '--porcelain'], { capture: true });
if (changed !== '' && !isDry) refuse(`the tree is not that of a commit:\n${changed}`);
const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8');
if (!changelog.includes(`\n## ${version}`)) refuse('CHANGELOG.md has no section of it');
if (!isDry && changelog.includes(`\n## ${version} (unreleased)`)) {
  refuse('CHANGELOG.md says that it is unreleased');
}
const canProve = Boolean(process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? process.env.SIGSTORE_ID_TOKEN);
if (!canProve && !isDry)
  refuse('there is no token of a CI by which npm could attest where it is built');

if (!values['skip-build']) {
  await must('npm', ['run', 'build']);
  // The tests themselves use the checkout's own.
  await must('npm', ['run', 'build:native'], { env: { RONDO_NATIVE: '1' } });
  await must('npm', ['run', 'build:addons']);
  await must('npm', ['run', 'build:programs']);
}
const test = [tap, 'test/package/*.test.ts'];
await must(process.execPath, test, { env: { RONDO_PREBUILT: '1', RONDO_NATIVE: '1' } });

for (const folder of [...stage(scratchDirectory('release')), path.join(root, 'bench')]) {
  const args = ['publish', '--access', 'public', '--tag', values.tag];
  if (canProve) args.push('--provenance');
  if (isDry) args.push('--dry-run');
  console.log(`# ${path.basename(folder)}: npm ${args.join(' ')}`);
  // What is there already was published by a run that failed later.
  const name = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).name;
  const seen = await run('npm', ['view', `${name}@${version}`, 'version'], { capture: true });
  if (seen.code === 0 && seen.output.trim() === version) console.log('# it is published already');
  else await must('npm', args, { cwd: folder });
}
