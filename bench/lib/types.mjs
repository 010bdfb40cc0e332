// The shapes that the files of the benchmark hand to each other. No code.

/**
 * A contestant: one way of getting accepted connections to workers.
 * @typedef {object} Adapter
 * @property {(tools: PrimaryTools) => Promise<{ port: number }>} primary
 *   Runs in the primary: starts the workers and listens on a free port of 127.0.0.1.
 * @property {(server: import('node:net').Server) => Promise<void>} worker
 *   Runs in each worker: has `server` receive its share of the connections.
 */

/**
 * @typedef {object} PrimaryTools
 * @property {number} workers how many to start
 * @property {(index: number, options?: { stdio?: import('node:child_process').StdioOptions, env?: Record<string, string> }) => import('node:child_process').ChildProcess} startWorker
 *   Starts worker `index` as a plain child process with a message channel.
 * @property {(child: import('node:child_process').ChildProcess) => import('node:child_process').ChildProcess} adopt
 *   For an adapter that starts its workers by itself, with `workerEnv(index)` in their environment.
 * @property {(index: number) => Record<string, string>} workerEnv
 */

/**
 * What is asked of the load generator; the names are its options.
 * @typedef {object} Load
 * @property {'storm' | 'http' | 'keep-alive'} mode
 * @property {number} [connections] how many; in keep-alive instead:
 * @property {number} [requests]
 * @property {number} concurrency
 * @property {number} [opening] how many connections are opened at a time, before requests count
 * @property {number} [failures] how many do not end the load; without it all
 * @property {number} [rate] per second: an open loop; without it a closed one
 * @property {number} [skip] how many at the start do not count in the latency
 */

/**
 * The load generator's report. In storm and http a request has a connection of its own.
 * @typedef {object} LoadReport
 * @property {string} mode
 * @property {number} requests asked for
 * @property {number} started = ok + failed + refused + hung + unfinished
 * @property {number} ok
 * @property {number} failed
 * @property {Record<string, number>} failures the failed ones by kind
 * @property {number} reusedFailed
 * @property {number} refused
 * @property {number} hung
 * @property {number} unfinished
 * @property {boolean} interrupted
 * @property {number} opened connections
 * @property {{ announced: number, idle: number, unasked: number }} closed connections, between requests
 * @property {number} elapsedS
 * @property {number} rate
 * @property {{ samples: number, min: number, mean: number, stddev: number, stddevAll: number, p50: number, p90: number, p99: number, p999: number, max: number }} latencyMs
 * @property {Record<string, number>} workers requests by worker
 * @property {Record<string, number>} workerConnections connections by worker
 * @property {number} cpuS
 */

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} about one line for `--list`
 * @property {string} handler a key of HANDLERS
 * @property {string[]} [contestants] those it is a question for; without it all
 * @property {number} [passes] how often the contestants of a round are loaded in turn; without it once,
 *   each with no other there
 * @property {string[]} columns of its table, keys of METRICS
 * @property {number} [quickConnections] for `--quick`, where the default would take too long
 * @property {Load} warmUp
 * @property {(size: number | undefined) => Load} load the counted load, of so many connections or requests
 * @property {{ afterMs: number, ms: number }} [block] when and how long the primary's event loop is blocked during the counted load
 */

/**
 * Microseconds of CPU time per connection, in keep-alive per request.
 * @typedef {object} CpuPerConnection
 * @property {number} primary
 * @property {number} workers of all workers together
 * @property {number} client
 */

/**
 * One load of one contestant in one scenario. Void if `reason` is there.
 * @typedef {object} Cell
 * @property {string} scenario
 * @property {string} contestant
 * @property {number} round from 1
 * @property {number} pass from 1, in the round
 * @property {number} workers
 * @property {string} [reason] why the cell is void
 * @property {Load} [asked]
 * @property {LoadReport} [load]
 * @property {CpuPerConnection} [cpuUs]
 * @property {number} [othersCores] how many cores all that is not part of the benchmark kept busy
 * @property {number} [blockedMs] how long the primary's event loop was blocked
 */

export {};
