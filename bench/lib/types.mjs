// The shapes that the files of the benchmark hand to each other. No code.

/**
 * A contestant: one way of getting accepted connections to workers.
 * @typedef {object} Adapter
 * @property {(tools: PrimaryTools) => Promise<Contact>} primary
 *   Runs in the primary: starts the workers and listens at `address`.
 * @property {(server: import('node:net').Server, address: Address, second?: import('node:net').Server) => Promise<void>} [worker]
 *   Runs in each worker: has `server` receive its share of the connections, and with `second` that one those of
 *   the second port, if it takes a server of its own for that. Missing if no worker is started by `startWorker` or
 *   `adopt`.
 */

/**
 * Where to listen; port 0: wherever there is room.
 * @typedef {{ host: string, port: number }} Address
 */

/**
 * @typedef {object} Contact
 * @property {number} port
 * @property {number} [secondPort] with `withSecond`
 * @property {number} [primaryPid] if another process than the one `primary` runs in accepts
 * @property {number} [servers] how many names there are in replies, if not one per worker
 * @property {(index: number) => void} [replace] starts another worker in the place of one that has
 *   ended, for `killed-workers`
 * @property {(index: number) => unknown} [add] starts one more worker, for `keep-alive-pool`
 * @property {() => Promise<unknown>} [reload] replaces all workers, one after another, for `reload`
 */

/**
 * @typedef {object} PrimaryTools
 * @property {Address} address
 * @property {boolean} withSecond listen at a free second port of the same host, too, after the first
 * @property {RondoOptions} options
 * @property {number} workers how many to start
 * @property {string} handler a key of HANDLERS
 * @property {(index: number) => import('node:net').Server} createServer
 *   The server of worker `index`, for an adapter that serves in the primary.
 * @property {(index: number, options?: { by?: string[], stdio?: import('node:child_process').StdioOptions, env?: Record<string, string> }) => import('node:child_process').ChildProcess} startWorker
 *   Starts worker `index` as a plain child process with a message channel; `by` a program and its
 *   arguments that becomes the one named after them.
 * @property {(child: import('node:child_process').ChildProcess) => import('node:child_process').ChildProcess} adopt
 *   For an adapter that starts its workers by itself, with `workerEnv(index)` in their environment.
 * @property {(index: number) => Record<string, string>} workerEnv
 * @property {(pid: number) => void} started
 *   For an adapter whose processes are not of Node: says at once what was started, so that it will be
 *   ended, and then
 * @property {(index: number, pid: number, thread?: number) => void} serving
 *   that worker `index` serves, and as which thread of the process if it is one.
 */

/**
 * What a scenario is about, for contestants that are rondo.
 * @typedef {object} RondoOptions
 * @property {object} [dispatcher] of `new Dispatcher()`
 * @property {object} [listen] of `listen()`
 * @property {object} [slot] of `openSlot()`
 */

/**
 * When another process takes a core: so long, then not for so long.
 * @typedef {{ busyMs: number, idleMs: number }} HogHabit
 */

/**
 * What is asked of the load generator; the names are its options.
 * @typedef {object} Load
 * @property {'storm' | 'http' | 'keep-alive' | 'hold'} mode
 * @property {number} [connections] how many; in keep-alive instead:
 * @property {number} [requests]
 * @property {number} [concurrency] not in hold
 * @property {string} [path]
 * @property {number} [opening] how many connections are opened at a time: in keep-alive before requests
 *   count; in hold without it all at once
 * @property {number} [failures] how many do not end the load; without it all
 * @property {number} [rate] per second: an open loop; without it, and without bursts, a closed one
 * @property {number} [burst] an open loop, too: so many are due at once,
 * @property {number} [every-ms] each so many milliseconds
 * @property {number} [hold-ms] in hold: connections are closed so long after they were opened; without it never
 * @property {number} [seconds] no new request after so many
 * @property {number} [hang-ms] a request's deadline
 * @property {number} [late-ms] replies that took longer are counted as late
 * @property {number} [skip] how many at the start do not count in the latency
 * @property {number} [slowest] so many of the slowest replies are reported one by one
 * @property {number} [connects] 1: the time of each connect() is reported, too
 * @property {number} [post] 1: POST with a short body, in http and keep-alive
 * @property {number} [slow-percent] so many requests in 100, by chance, are for /slow
 * @property {number} [random] 1: in keep-alive, an open loop: each request on any idle connection, by chance
 * @property {number} [moves] 1: in keep-alive a connection may go from one worker to another
 * @property {number} [begin-at-eof] 1: in keep-alive, with `opening`: when all are open, the rest waits for a word
 * @property {number} [end-at-eof] 1: in http and keep-alive: no new request after a word
 */

/**
 * Exact: every sample is kept.
 * @typedef {object} Distribution
 * @property {number} samples
 * @property {number} min
 * @property {number} mean
 * @property {number} stddev
 * @property {number} stddevAll with the first ones that `skip` leaves out
 * @property {number} p50
 * @property {number} p90
 * @property {number} p99
 * @property {number} p999
 * @property {number} max
 * @property {[number, number][]} [percentiles] percent and value, the last one 100 and the maximum
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
 * @property {Array<{ startMs: number, worker: string | null }>} [hungAt] the first 16 of them, if there are any: when each was
 *   asked, by the monotonic clock, and null where the connection had not served yet
 * @property {number} [hungConnected] with `connects`: of these, whose connect was complete
 * @property {number} unfinished
 * @property {boolean} interrupted
 * @property {number} opened connections
 * @property {{ announced: number, idle: number, unasked: number }} closed connections, between requests
 * @property {number} elapsedS
 * @property {number} rate
 * @property {Distribution} latencyMs
 * @property {number} late of the ok ones, those that took longer than was asked
 * @property {{ startMs: number, ms: number, worker: string }[]} [slowest] of the ok ones, with `slowest`, the
 *   slowest first; `startMs` is monotonic, as in process.hrtime
 * @property {Distribution} [connectMs] with `connects`
 * @property {Distribution} [handoffMs] from the client's connect() to the worker's 'connection' event, where
 *   the worker says when that was
 * @property {Record<string, number>} workers requests by worker
 * @property {Record<string, number>} [workersAfterStart] of these, with `opening` or `skip`, those whose latency counts
 * @property {number} [moved] with `moves`: replies of another worker than the connection's last
 * @property {Record<string, number>} workerConnections connections by worker, the first that answered
 * @property {Record<string, number>} [workerOpen] in hold: of these, those still open at the end
 * @property {number} [worstGap] in hold: between the worker with the most open connections and the one with the
 *   fewest, at the worst time; of workers that answered at all
 * @property {number} [mostOpen] in hold: open connections of one worker at one time
 * @property {number} cpuS
 */

/**
 * What can be asked, and how. A scenario is a load on a contestant, or measures in a way of its own.
 * @typedef {LoadScenario | OwnScenario} Scenario
 */

/**
 * @typedef {object} Question
 * @property {string} name
 * @property {string} about one line for `--list`
 * @property {string} [expected] what to expect of it, for the report
 * @property {import('./published.mjs').Published} [published] where others have published figures of such a load
 * @property {(parameters: Record<string, string | number>) => boolean} [isHeadline] of its variants, which may
 *   stand for it in the report's overview, by its first main metric; without it any
 * @property {{ contestants?: string[], connections?: number }} [quick] is part of `--quick`, with these
 *   contestants and loads of so many connections (keep-alive: requests), where the others would take too long
 * @property {string[]} [contestants] those asked; without it FULL of ../contestants/index.mjs
 * @property {Record<string, string>} [ownContestants] name → one line, where those of all others do not apply
 * @property {string[]} columns of its table, keys of METRICS
 * @property {string[]} [main] keys of METRICS: those charted; without it the first column
 * @property {boolean} [showsEveryRound] the report shows the connections of each worker in every round, for it is the
 *   worst of them that matters
 * @property {string[]} [compared] keys of METRICS: those that `compare` looks at; without it `main`
 * @property {(setting: { workers: number, full: boolean }) => Variant[]} [variants] cells that differ in
 *   parameters or in the number of workers; without it one. Not `full` is `--quick`.
 */

/**
 * @typedef {object} Variant
 * @property {Record<string, string | number>} [parameters] recorded in the cell
 * @property {number} [workers] without it those of the command line
 * @property {string} [note] why it is not what was asked for; recorded in the cell
 * @property {string[]} [contestants] those who can; without it those of the scenario
 * @property {string[]} [usual] those asked unless the command line names others; without it all who can
 * @property {HogHabit} [hog] another process that takes a core meanwhile
 */

/**
 * @typedef {object} LoadParts
 * @property {string} handler a key of HANDLERS
 * @property {number} [passes] how often the contestants of a round are loaded in turn; without it once,
 *   each with no other there
 * @property {boolean} [isReplacing] workers that end are replaced; there is then no CPU time in the cell
 * @property {boolean} [mayLeaveIdle] a worker that serves nothing is a result and no fault
 * @property {boolean} [judgesReplies] what becomes of the requests is a result, and `findFault` alone says what is not
 * @property {Load | ((workers: number) => Load)} warmUp
 * @property {(size: number | undefined, variant: Variant, warmUp: LoadReport) => Load} load the counted load, of
 *   so many connections or requests
 * @property {Load} [background] another load at the same time, whose replies are not in the figures
 * @property {(host: import('./host-process.mjs').Host) => Record<string, number>} [before] what is read before
 *   the counted load
 * @property {(host: import('./host-process.mjs').Host, load: Load, before: Record<string, number>, variant: Variant) => Promise<Record<string, number>>} [during]
 *   what is done to the contestant during the counted load (in hold: while all is held), and what was
 *   observed
 * @property {(host: import('./host-process.mjs').Host, before: Record<string, number>) => Record<string, number>} [after]
 *   what was observed when the counted load has ended
 * @property {(load: LoadReport, observed: Record<string, number>) => string | undefined} [findFault] why
 *   a cell is void, apart from replies that are not right and workers that served nothing (with
 *   `isReplacing` or `judgesReplies`: all there is)
 */

/** @typedef {Question & LoadParts & { measure?: undefined }} LoadScenario */

/**
 * @typedef {Question & { measure: (task: Task) => Promise<Partial<Cell>> }} OwnScenario
 */

/**
 * @typedef {object} Task
 * @property {string} contestant
 * @property {number} workers
 * @property {Variant} variant
 * @property {number | undefined} size
 * @property {string} loadgen
 */

/**
 * Microseconds of CPU time per connection, in keep-alive and mixed per request.
 * @typedef {object} CpuPerConnection
 * @property {number} primary
 * @property {number} workers of all workers together
 * @property {number} client
 */

/**
 * One load of one contestant in one scenario. Void if `reason` is there.
 *
 * The lines of results.jsonl are cells (`Result` in results.mjs adds `figures`, the metrics of the
 * scenario's columns by their keys, and where and when it ran). What a chart may draw of each:
 *
 * - All but `start-up` and those with contestants of their own: `load`, with `load.latencyMs.percentiles` as a curve and
 *   `load.workers` and `load.workerConnections` as the spread.
 * - `handoff`: `load.handoffMs` is the curve that it is about; `parameters.load` is `1 %`, `50 %` or `90 %`
 *   of `warmUpRate`, the contestant's own maximum; `asked.rate` is what that is per second.
 * - `burst`: `parameters.held` connections, `parameters.cores` `idle`, `one busy` or `one busy at times`;
 *   `load.workerOpen`, `load.worstGap`, `load.mostOpen`.
 * - `two-listeners`: `parameters.flooded` `first` or `second`; `load` has the requests on the other port, `background`
 *   those on this one; `observed.quietP99Ms`.
 * - `long-lived`: `parameters.held` connections, `parameters.opening` `400 at once` or `one at a time`;
 *   `load.workerConnections` lacks workers that got none; in `observed`: `primaryKb`, `workersKb` (what
 *   the held connections added to the resident memory) and `primaryFds` (to its open descriptors).
 * - `keep-alive-busy`, `keep-alive-pool`: `load.workersAfterStart`, `load.moved`; `observed.capacity`, `busiestCpu`.
 * - `reload`: `parameters.load` `keep-alive` or `new connections`; `load.closed`, `load.failures`; `observed.beforeP99Ms`,
 *   `reloads`, `reloadMs`. No `cpuUs`.
 * - `mixed`: `load` has the fast requests, `background` the slow ones.
 * - `stalled-worker`: `parameters.load` and `parameters.worker`; `load.late` clients waited for longer than 50 ms,
 *   `load.slowest` are the slowest of all; `observed.stalledAtMs`, `stalledMs`.
 * - `overload`: `parameters.limit` `none` or `reset`; in `observed`: `capacity`, `quietP99Ms`, `goodput`, and of clients
 *   turned away `refusals`, `refusalPrimaryUs`, `refusalWorkersUs`. No `cpuUs`.
 * - `backlog`: `load.hungConnected`, `load.connectMs`; `observed.listenDrops`, `listenOverflows`.
 * - `killed-workers`: `load.failed`, `load.failures` by kind, `load.refused`, `load.hung`;
 *   `observed.kills`. No `cpuUs`.
 * - `blocked-primary`: `observed.blockedMs`.
 * - `scaling`, `start-up`: `workers` differs among cells. `start-up`: `observed.readyMs`,
 *   `workersReadyMs`, `primaryKb`, `workersKb`, `totalKb` (proportional set size of all, without pages counted
 *   twice). No `load`.
 * - `fd-passing`: contestants of its own, `parameters.batch` fds in a message; `observed.fdsPerSecond`,
 *   `senderUs`, `receiverUs` (CPU time per fd). No `load`.
 * - `messages`, `counters`, `limiter`: contestants of their own; in `observed`: `messagesPerSecond`, `messageUs`, `p99Us`,
 *   `maxUs`, or `operationsPerSecond`, `operationUs` (CPU time of all processes). No `load`.
 * - `look`: contestants of its own, which are what is looked at.
 * - `scrape`: a contestant of its own; `observed.p50Ms`, `p99Ms`, `cpuMs` (of the primary's process per
 *   scrape), `bytes`. No `load`.
 *
 * @typedef {object} Cell
 * @property {string} scenario
 * @property {string} contestant
 * @property {number} round from 1
 * @property {number} pass from 1, in the round
 * @property {number} workers
 * @property {Record<string, string | number>} [parameters] what else tells it from other cells of its
 *   contestant in its scenario; one chart holds cells of the same parameters
 * @property {string} [note] why its parameters are not what was asked for
 * @property {string} [reason] why the cell is void
 * @property {number} [servers] how many serve, if not so many as there are workers
 * @property {number} [warmUpRate] the rate of the warm-up, per second
 * @property {Load} [asked]
 * @property {LoadReport} [load]
 * @property {LoadReport} [background]
 * @property {Record<string, number>} [observed] figures that are not the load generator's
 * @property {CpuPerConnection} [cpuUs] where a column asks for it
 * @property {number} [othersCores] how many cores all that is not part of the benchmark kept busy
 */

export {};
