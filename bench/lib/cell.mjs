// Cells: a contestant in a scenario, once, in processes of its own. Warm-up, whose replies are
// checked before anything is timed; then the counted load, checked as well. A scenario with `passes`
// has all its contestants there at once and loads them in turn, so many times: each load is a cell.
import { setTimeout as delay } from 'node:timers/promises';
import { readClocks, usageOf } from './clocks.mjs';
import { startHog } from './hog.mjs';
import { startHost } from './host-process.mjs';
import { findFault, findWrong, runLoad } from './load.mjs';

/** What a load leaves behind (closing sockets, garbage) is over by then. */
const SETTLE_MS = 60;
/** Metrics of CPU time per connection; where none is asked for it would be of something else. */
const CPU_METRICS = ['primaryUs', 'workersUs', 'serverUs'];

/** @typedef {import('./types.mjs').Cell} Cell */
/** @typedef {import('./host-process.mjs').Host} Host */
/** @typedef {import('./hog.mjs').Hog} Hog */

/**
 * What is the same for all cells of a scenario and variant in a round.
 * @template {import('./types.mjs').Scenario} [S=import('./types.mjs').Scenario]
 * @typedef {object} Plan
 * @property {S} scenario
 * @property {import('./types.mjs').Variant} variant
 * @property {number} round
 * @property {number} workers
 * @property {number | undefined} size
 * @property {string} loadgen
 */

/** @typedef {Plan<import('./types.mjs').LoadScenario>} LoadPlan */
/** @typedef {{ contestant: string, host?: Host, hog?: Hog, warmUp?: import('./types.mjs').LoadReport, reason?: string }} Stand */

/**
 * Never throws: what goes wrong makes a cell void and is its reason.
 * @param {Plan} plan
 * @param {string[]} contestants in the order they have their turn
 */
export async function* runCells(plan, contestants) {
  const { scenario } = plan;
  if (scenario.measure) {
    for (const contestant of contestants) yield await measureOwn({ ...plan, scenario }, contestant);
    return;
  }
  const groups = scenario.passes ? [contestants] : contestants.map((name) => [name]);
  for (const group of groups) yield* runGroup({ ...plan, scenario }, group);
}

/**
 * @param {LoadPlan} plan
 * @param {string[]} contestants who are there at the same time
 */
async function* runGroup(plan, contestants) {
  const { passes = 1 } = plan.scenario;
  /** @type {Stand[]} */
  const stands = [];
  /** @type {Hog | undefined} */
  let hog;
  try {
    for (const contestant of contestants) stands.push(await prepare(plan, contestant));
    hog = plan.variant.hog && (await startHog(plan.variant.hog, plan.round));
    for (let pass = 1; pass <= passes; pass++) {
      for (const stand of stands)
        yield await measure(plan, { ...stand, ...(hog && { hog }) }, pass);
      // There and back, so that none is always the one before the other.
      stands.reverse();
    }
  } finally {
    await hog?.stop();
    for (const { host } of stands) await host?.stop();
  }
}

/**
 * @param {Plan<import('./types.mjs').OwnScenario>} plan
 * @param {string} contestant
 * @returns {Promise<Cell>}
 */
async function measureOwn(plan, contestant) {
  const cell = describe(plan, contestant, 1);
  try {
    return { ...cell, ...(await plan.scenario.measure({ ...plan, contestant })) };
  } catch (error) {
    return { ...cell, reason: reasonOf(error) };
  }
}

/**
 * @param {LoadPlan} plan
 * @param {string} contestant
 * @returns {Promise<Stand>}
 */
async function prepare({ scenario, workers, loadgen }, contestant) {
  let host;
  try {
    const isReplacing = scenario.isReplacing ?? false;
    host = await startHost(contestant, scenario.handler, workers, { isReplacing });
    const asked = scenario.warmUp;
    const warmUp = await runLoad(
      loadgen,
      host.port,
      typeof asked === 'function' ? asked(workers) : asked,
    );
    const fault = scenario.mayLeaveIdle ? findWrong(warmUp) : findFault(warmUp, host.servers);
    if (fault) return { contestant, host, reason: `warm-up: ${fault}` };
    await delay(SETTLE_MS);
    return { contestant, host, warmUp };
  } catch (error) {
    return { contestant, ...(host && { host }), reason: reasonOf(error, host) };
  }
}

/**
 * @param {LoadPlan} plan
 * @param {Stand} stand
 * @param {number} pass
 * @returns {Promise<Cell>}
 */
async function measure(plan, { contestant, host, hog, warmUp, reason }, pass) {
  const { scenario, variant, workers, size } = plan;
  const cell = describe(plan, contestant, pass);
  if (!host || !warmUp || reason) return { ...cell, reason: reason ?? 'no host' };
  const asked = scenario.load(size, variant, warmUp);
  try {
    const before = scenario.isReplacing ? undefined : readClocks(host, hog);
    const { load, background, observed } = await loadAndDo(plan, host, asked);
    await delay(SETTLE_MS);
    const used = before && usageOf(before, readClocks(host, hog), [load, background ?? []].flat());
    const hasCpu = scenario.columns.some((key) => CPU_METRICS.includes(key));
    const fault =
      (background && findWrong(background)) ??
      findGeneralFault(scenario, load, host.servers) ??
      scenario.findFault?.(load, observed);
    return {
      ...cell,
      ...(host.servers !== workers && { servers: host.servers }),
      warmUpRate: warmUp.rate,
      asked,
      ...(fault && { reason: fault }),
      load,
      ...(background && { background }),
      ...(Object.keys(observed).length > 0 && { observed }),
      ...(used && { othersCores: used.othersCores }),
      ...(used && hasCpu && { cpuUs: used.cpuUs }),
    };
  } catch (error) {
    return { ...cell, asked, reason: reasonOf(error, host) };
  }
}

/**
 * @param {LoadPlan} plan
 * @param {Host} host
 * @param {import('./types.mjs').Load} asked
 */
async function loadAndDo({ scenario, variant, loadgen }, host, asked) {
  /** @type {Record<string, number>} */
  let observed = {};
  const before = scenario.before?.(host) ?? {};
  const act = async () => {
    observed = (await scenario.during?.(host, asked, before, variant)) ?? {};
  };
  const isHeld = asked.mode === 'hold';
  const [load, background] = await Promise.all([
    runLoad(loadgen, host.port, asked, isHeld ? act : undefined),
    scenario.background && runLoad(loadgen, host.port, scenario.background),
    isHeld ? undefined : act(),
  ]);
  return { load, background, observed: { ...observed, ...scenario.after?.(host, before) } };
}

/**
 * @param {Plan} plan
 * @param {string} contestant
 * @param {number} pass
 * @returns {Cell}
 */
function describe({ scenario, variant, round, workers }, contestant, pass) {
  const { parameters, note } = variant;
  return {
    scenario: scenario.name,
    contestant,
    round,
    pass,
    workers,
    ...(parameters && { parameters }),
    ...(note && { note }),
  };
}

/**
 * Why these replies do not count. Of workers that are killed, only the scenario knows what is right.
 * @param {import('./types.mjs').LoadScenario} scenario
 * @param {import('./types.mjs').LoadReport} load
 * @param {number} servers
 */
function findGeneralFault({ isReplacing, judgesReplies, mayLeaveIdle }, load, servers) {
  if (isReplacing || judgesReplies) return undefined;
  return mayLeaveIdle ? findWrong(load) : findFault(load, servers);
}

/**
 * If the contestant died, everything else that went wrong follows from it.
 * @param {unknown} error
 * @param {Host} [host]
 */
function reasonOf(error, host) {
  const cause = host?.failure() ?? error;
  return cause instanceof Error ? cause.message : String(cause);
}
