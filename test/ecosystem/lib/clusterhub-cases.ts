/** What suites/clusterhub.cjs has a program for. */

export const CLUSTERHUB_CASES: readonly string[] = [
  'an event of its own',
  'off, and once',
  'order of listeners',
  'values in the primary',
  'values of all',
  'an increment of each worker',
  'question and answer',
  'local and remote',
  'worker to worker',
  'no more listeners',
  'what was said before the worker was there',
  'functions as arguments',
  'functions between workers',
  'messages that are not its own',
  'hubs of one name',
  'hubs of one name in workers',
  'workers that are reset end',
  'beside a server',
];
