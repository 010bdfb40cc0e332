/**
 * What a supervised worker does for being watched, drained and replaced. What only a drain needs is
 * loaded then.
 */

import { createRequire } from 'node:module';
import { Connections } from '../../drain/connections.js';
import type { Drain } from '../../drain/drain.js';
import type { DrainSettings } from '../../drain/types.js';
import { IPC_CHANNEL } from '../../protocol/protocol.js';
import { channelName } from '../../worker/environment.js';
import { setHeartbeat } from '../../worker/heartbeat.js';
import { dieWithParent } from '../lifeline.js';
import type { WorkerSettings } from '../messages.js';
import { guard, reportUncaught, systemFieldsOf } from './guard.js';
import { LastOutput } from './last-output.js';
import { onPrimaryMessage, tellPrimary } from './primary.js';
import { type EndSignal, onEndSignal } from './signals.js';

const require = createRequire(import.meta.url);

export function supervise({
  guard: isGuarded,
  heartbeatMs,
  drain: ownDrain,
}: WorkerSettings): void {
  // Without the native transport the addon is not to be loaded.
  if (channelName !== undefined && channelName !== IPC_CHANNEL) dieWithParent();
  setHeartbeat(heartbeatMs);
  const connections = new Connections();
  const output = new LastOutput();
  let drain: Drain | null = null;
  let endSignal: EndSignal = 'SIGTERM';

  const sendOutput = (): void => {
    const text = output.take();
    if (text !== null) tellPrimary({ cmd: 'NODE_SUPERVISE_OUTPUT', text });
  };
  process.on('exit', sendOutput);

  const beginDrain = (how: DrainSettings, signal: EndSignal): void => {
    endSignal = signal;
    if (drain !== null) return drain.hasten(how);
    const { Drain } = require('../../drain/drain.js') as typeof import('../../drain/drain.js');
    drain = new Drain(connections, how, (counts) => {
      sendOutput();
      tellPrimary({ cmd: 'NODE_SUPERVISE_DRAINED', counts });
      ending().endProcess(endSignal);
    });
  };

  const onError = (stack: string, printed: string, isSurvived: boolean, error: unknown): void => {
    output.add(printed);
    const system = systemFieldsOf(error);
    const cmd = 'NODE_SUPERVISE_ERROR';
    tellPrimary({ cmd, stack, isGuarded: isSurvived, ...(system !== undefined && { system }) });
  };
  reportUncaught((stack, printed, error) => onError(stack, printed, false, error));
  let hasFailed = false;
  const onSurvived = (stack: string, printed: string, error: unknown): void => {
    onError(stack, printed, true, error);
    if (hasFailed) return;
    hasFailed = true;
    ending().failAtExit();
    if (drain === null) beginDrain(ownDrain, endSignal);
  };
  // Until something listens there is nothing to finish, and Node says best why a start failed.
  if (isGuarded) connections.onFirstServer = () => guard(onSurvived);

  onEndSignal((signal) => {
    // A terminal sends it to the whole group: the primary has it too, and says what is to be done.
    if (drain !== null || (signal === 'SIGINT' && process.connected)) return;
    tellPrimary({ cmd: 'NODE_SUPERVISE_SIGNAL', signal });
    beginDrain(ownDrain, signal);
  });

  onPrimaryMessage((message) => {
    switch (message.cmd) {
      case 'NODE_SUPERVISE_DRAIN':
        return beginDrain(message.drain, message.signal);
      case 'NODE_SUPERVISE_READY':
        return output.stop();
      case 'NODE_SUPERVISE_ASK':
        return tellPrimary({
          cmd: 'NODE_SUPERVISE_STATUS',
          rssBytes: process.memoryUsage.rss(),
          connections: connections.accepted,
        });
    }
  });
}

function ending(): typeof import('./ending.js') {
  return require('./ending.js') as typeof import('./ending.js');
}
