/**
 * What modules that are loaded by `load()` import of Node.js. Before Node.js 22.20 and 24.8, `require()` of an ES
 * module throws ("reading 'getStatus'") where an `import()` of a builtin that the module imports, too, has begun in the
 * program and has not ended. Not if the builtin has been imported before: with these loaded first, no program is in the way.
 */

import 'node:async_hooks';
import 'node:child_process';
import 'node:cluster';
import 'node:crypto';
import 'node:diagnostics_channel';
import 'node:dns/promises';
import 'node:events';
import 'node:fs';
import 'node:http';
import 'node:module';
import 'node:net';
import 'node:os';
import 'node:path';
import 'node:perf_hooks';
import 'node:stream';
import 'node:string_decoder';
import 'node:timers/promises';
import 'node:url';
import 'node:util';
import 'node:v8';
import 'node:worker_threads';
