// Loads the TypeScript of test/ and src/ into the test files' processes, in the place of tap's ts-node, which
// costs each of them 1.2 s of CPU: what was compiled is kept in node_modules/.cache. Types are looked at by
// `npm run typecheck`, here as there by nobody.
import module from 'node:module';
import * as hooks from './tap-typescript-hooks.mjs';

// Node.js 26 warns of register(), and tap's own hooks are synchronous there, too.
const isSynchronous = Number.parseInt(process.versions.node, 10) >= 26;

if (isSynchronous) module.registerHooks({ resolve: hooks.resolve, load: hooks.loadNow });
else module.register('./tap-typescript-hooks.mjs', import.meta.url);
