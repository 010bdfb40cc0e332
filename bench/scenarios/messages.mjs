// Messages from one worker to another: rondo/hub beside a relay through the primary.
import { runProgram } from '../lib/own-program.mjs';

const PROGRAM = new URL('../talk/messages.mjs', import.meta.url);
const MS = 1_500;

/** @type {Record<string, string>} */
const WAYS = { 'rondo-hub': 'hub', 'process-send': 'relay' };

/** @type {import('../lib/types.mjs').OwnScenario} */
export const messages = {
  name: 'messages',
  about: 'messages from one worker to another',
  ownContestants: {
    'rondo-hub': 'emit() of rondo/hub',
    'process-send': 'process.send() to the primary, which sends it on',
  },
  columns: ['messagesPerSecond', 'messageP99Us', 'messageMaxMs', 'messageUs'],
  main: ['messagesPerSecond', 'messageP99Us'],
  variants: () => [
    { workers: 2, parameters: { bytes: 100, load: 'flood', primary: 'free' } },
    { workers: 2, parameters: { bytes: 65_536, load: 'flood', primary: 'free' } },
    { workers: 2, parameters: { bytes: 100, load: '1000', primary: 'free' } },
    { workers: 2, parameters: { bytes: 100, load: '1000', primary: 'blocked' } },
  ],
  async measure({ contestant, variant }) {
    const { bytes, load, primary } = variant.parameters ?? {};
    const way = WAYS[contestant];
    const execArgv = way === 'hub' ? ['--import', 'rondo/register'] : [];
    const ms = primary === 'blocked' ? 2_000 : MS;
    const args = [way, bytes, load, primary, ms].map(String);
    return figuresOf(await runProgram(PROGRAM, args, execArgv));
  },
};

/**
 * @typedef {{ messages: number, elapsedS: number, cpuS: number, p99Us: number, maxUs: number, fault?: string }} Result
 * @param {Result} result
 */
function figuresOf({ messages, elapsedS, cpuS, p99Us, maxUs, fault }) {
  return {
    ...(fault && { reason: fault }),
    observed: {
      messagesPerSecond: messages / elapsedS,
      messageUs: (cpuS * 1e6) / messages,
      p99Us,
      maxUs,
    },
  };
}
