// `npm pack` and `npm publish` in a checkout: the package that they would make has no addon and does not ask for one.
import { missingBuilds, prebuiltAddons } from './stage.mjs';

console.error('rondo: the package that is made here would have no addon.');
const missing = missingBuilds(prebuiltAddons());
for (const line of missing) console.error(line);
const then = missing.length > 0 ? 'Then' : 'All are built:';
console.error(`${then} 'npm run packages' packs rondo and its platform packages.`);
process.exitCode = 1;
