// Whether the files that git knows, or would list as new, are as they were: what `npm install` leaves behind. The
// first call prints their state, the second is given it, and is one test.
//
// usage: node scripts/tree-unchanged.mjs [state]
import { createHash } from 'node:crypto';
import { must } from './support.mjs';

const status = await must('git', ['status', '--porcelain'], { capture: true });
const changes = await must('git', ['diff'], { capture: true });
const state = createHash('sha256').update(status).update(changes).digest('hex');

const [before] = process.argv.slice(2);
if (before === undefined) {
  console.log(state);
} else {
  const isSame = before === state;
  console.log(`${isSame ? 'ok' : 'not ok'} 1 - the tree is as it was\n1..1`);
  if (!isSame) console.log(`# ${status}${changes}`.replaceAll('\n', '\n# '));
  console.log(`# { total: 1, ${isSame ? 'pass' : 'fail'}: 1 }`);
  process.exitCode = isSame ? 0 : 1;
}
