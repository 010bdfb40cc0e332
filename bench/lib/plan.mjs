// Which cells a round has, and in which order.
import { CONTESTANTS, cannot, FULL } from '../contestants/index.mjs';
import { variantOf } from './results.mjs';

/** @typedef {import('./types.mjs').Scenario} Scenario */
/** @typedef {ReturnType<typeof import('./options.mjs').parseOptions>} Options */

/**
 * Neighbours in time are compared with each other: every contestant has its turn before the next
 * variant of a scenario, and each round starts with another one, so that no contestant always follows
 * the same.
 * @param {Options} options
 * @param {number} round
 */
export function planRound(options, round) {
  const { connections, quick, loadgen, workers } = options;
  return options.scenarios.flatMap((scenario) => {
    const size = connections ?? (quick ? scenario.quick?.connections : undefined);
    return variantsOf(scenario, options).map((variant) => ({
      plan: { scenario, variant, round, workers: variant.workers ?? workers, size, loadgen },
      contestants: rotate(contestantsOf(scenario, variant, options), round - 1),
    }));
  });
}

/** @param {Options} options */
export function cellsPerRound(options) {
  return planRound(options, 1).reduce(
    (sum, { plan, contestants }) => sum + contestants.length * passesOf(plan.scenario),
    0,
  );
}

/**
 * Why those asked for are not among the contestants of a scenario.
 * @param {Scenario} scenario
 * @param {Options} options
 */
export function notApplicable(scenario, options) {
  if (scenario.ownContestants) return [];
  return candidatesFor(scenario, options).flatMap((contestant) => {
    const reason = cannot(contestant, scenario);
    return reason ? [`not applicable: ${contestant}, ${reason}`] : [];
  });
}

/**
 * @param {Scenario} scenario
 * @param {Options} options
 * @returns {import('./types.mjs').Variant[]}
 */
function variantsOf(scenario, { workers, quick, variants }) {
  const all = scenario.variants?.({ workers, full: !quick }) ?? [{}];
  if (variants.length === 0) return all;
  return all.filter((variant) => {
    const text = `, ${variantOf({ workers, ...variant })}, `;
    return variants.some((parts) => text.includes(`, ${parts}, `));
  });
}

/**
 * @param {Scenario} scenario
 * @param {import('./types.mjs').Variant} variant
 * @param {Options} options
 */
function contestantsOf(scenario, variant, options) {
  return candidatesFor(scenario, options)
    .filter((name) => scenario.ownContestants || !cannot(name, scenario))
    .filter((name) => variant.contestants?.includes(name) ?? true)
    .filter((name) => options.contestants || (variant.usual?.includes(name) ?? true));
}

/**
 * Those asked for, whether they can or not.
 * @param {Scenario} scenario
 * @param {Options} options
 */
function candidatesFor(scenario, { contestants, quick }) {
  const all = Object.keys(scenario.ownContestants ?? CONTESTANTS);
  if (contestants) return contestants.filter((name) => all.includes(name));
  if (scenario.ownContestants) return all;
  return (quick ? scenario.quick?.contestants : undefined) ?? scenario.contestants ?? FULL;
}

/** @param {Scenario} scenario */
function passesOf(scenario) {
  return scenario.measure ? 1 : (scenario.passes ?? 1);
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} by
 */
function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
