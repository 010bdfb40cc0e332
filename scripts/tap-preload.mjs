// Loaded into every test file. tap puts its coverage and process bookkeeping into each process a
// test starts, which triples its start and gives it signal listeners of tap's own. The processes
// that these tests start are what is tested, so they run as a user would start them.
import processOnSpawn from 'process-on-spawn';

processOnSpawn.removeAllListeners();
processOnSpawn.addListener((child) => {
  // tap's, unless the test gave the child one of its own.
  if (child.env.NODE_OPTIONS !== process.env.NODE_OPTIONS) return;
  const { NODE_OPTIONS: _, ...env } = child.env;
  child.env = env;
});

// What child_process.fork and node:cluster pass on: the loaders of this test.
process.execArgv.length = 0;
