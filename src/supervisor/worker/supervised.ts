/**
 * What a supervised worker does for being watched, drained and replaced. What only a drain needs is
 * loaded then.
 */

import { createRequire } from 'node:module';
import { setAlone } from '../../cluster/alone.js';
import { tellLast } from '../../collect/tell-last.js';
import { connections as allConnections } from '../../drain/connections.js';
import type { Drain } from '../../drain/drain.js';
import type { DrainSettings } from '../../drain/types.js';
import { before } from '../../hidden-listeners.js';
import { IPC_CHANNEL } from '../../protocol/protocol.js';
import { channelName } from '../../worker/environment.js';
import { setHeartbeat } from '../../worker/heartbeat.js';
import { othersServe } from '../../worker/release.js';
import { dieWithParent } from '../lifeline.js';
import type { WorkerSettings } from '../messages.js';
import { handleSignals } from './end-signals.js';
import { endAlone } from './ends-alone.js';
import { exitFailed, failAtExit } from './exit.js';
import { systemFieldsOf, watchErrors } from './guard.js';
import { LastOutput } from './last-output.js';
import { onPrimaryMessage, tellPrimary } from './primary.js';
import { report, reportServer, reportStarted, watchUdp } from './reports.js';
import type { EndSignal } from './signals.js';
import { watchThreads } from './threads.js';

const require = createRequire(import.meta.url);

export function supervise({
  guard: mayGuard,
  heartbeatMs,
  isStartAsked,
  drain: ownDrain,
  activation,
  isDrainLoaded,
  isSpokenTo,
}: WorkerSettings): void {
  // Without the native transport the addon is not to be loaded.
  if (channelName !== undefined && channelName !== IPC_CHANNEL) dieWithParent();
  if (channelName !== undefined) {
    setAlone();
    endAlone(isSpokenTo);
  }
  if (activation !== null) {
    Object.assign(process.env, activation, { LISTEN_PID: String(process.pid) });
  }
  setHeartbeat(heartbeatMs);
  const connections = allConnections();
  connections.onServer = reportServer;
  watchUdp(report);
  watchThreads(report);
  reportStarted(isStartAsked);
  const output = new LastOutput();
  let drain: Drain | null = null;
  let endSignal: EndSignal = 'SIGTERM';
  /** What the program raises at itself when it has cleaned up. */
  let raised: NodeJS.Signals | null = null;
  /** Of an error that ends the program: what is in flight is still answered. */
  let hasFailed = false;

  const sendOutput = (): void => {
    const text = output.take();
    if (text !== null) tellPrimary({ cmd: 'NODE_SUPERVISE_OUTPUT', text });
  };
  before(process, 'exit', () => {
    sendOutput();
    // The program's handlers end it before its connections do.
    if (drain === null || drain.isOver) return;
    tellPrimary({ cmd: 'NODE_SUPERVISE_DRAINED', counts: drain.counts(true) });
  });

  const beginDrain = (how: DrainSettings, signal: EndSignal): void => {
    endSignal = signal;
    if (drain !== null) return drain.hasten(how);
    drain = draining().drainProcess(connections, how, {
      // An error ends a program without a signal.
      // One that the program has raised itself is all that it wants.
      onAnswered: () => hasFailed || raised !== null || ending().handOver(endSignal),
      onEnd: (counts) => {
        sendOutput();
        tellPrimary({ cmd: 'NODE_SUPERVISE_DRAINED', counts });
        const end = (): void =>
          ending().endProcess(hasFailed ? null : endSignal, raised, connections.servers);
        const told = tellLast();
        if (told === null) end();
        else void told.then(end);
      },
    });
  };

  if (isDrainLoaded) {
    draining();
    ending();
  }
  // Until something listens there is nothing to finish, and Node says best why a start failed.
  let hasListened = false;
  connections.onFirstServer = () => {
    hasListened = true;
  };
  watchErrors({
    isGuarded: () => mayGuard && hasListened,
    mayExit: () => drain?.isOver === true || ending().hasHandedOver(),
    onFatal(stack, printed, error, { isGuarded, code }) {
      output.add(printed);
      const system = systemFieldsOf(error);
      const cmd = 'NODE_SUPERVISE_ERROR';
      tellPrimary({ cmd, stack, isGuarded, ...(system !== undefined && { system }) });
      if (!isGuarded) return;
      const isFirst = !hasFailed;
      hasFailed = true;
      failAtExit(code);
      if (drain === null) beginDrain({ ...ownDrain, moves: othersServe() }, endSignal);
      else if (drain.isOver && isFirst) ending().endProcess(null, raised, connections.servers);
      // How it was about to end has failed, too.
      else if (drain.isOver) exitFailed();
    },
  });

  const onEndSignal = (signal: NodeJS.Signals): void => {
    tellPrimary({ cmd: 'NODE_SUPERVISE_SIGNAL', signal });
    beginDrain(ownDrain, signal === 'SIGINT' ? signal : 'SIGTERM');
  };
  handleSignals({
    isDraining: () => drain !== null,
    onEndSignal,
    onRaised(signal) {
      raised = signal;
      if (drain === null) onEndSignal(signal);
    },
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

function draining(): typeof import('./drain-process.js') {
  return require('./drain-process.js') as typeof import('./drain-process.js');
}

function ending(): typeof import('./ending.js') {
  return require('./ending.js') as typeof import('./ending.js');
}
