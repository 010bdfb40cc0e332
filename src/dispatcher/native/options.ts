/** The Dispatcher's options as the engine has them: numbers, and 0 for no limit. */

import type { EngineListenerOptions, EngineOptions } from '../../native/engine.js';
import type { RouteTable } from '../route.js';
import type { DealingOptions, TransportOptions } from '../transport.js';

/** For a worker that takes longer than 1 ms to receive, where a connection would wait for others. */
const SMALL_WINDOW = 1;

/** For one that receives faster: fewer wake-ups on both sides. */
const QUICK_WINDOW = 8;

export function engineOptions(options: TransportOptions): EngineOptions {
  const { window, takeBackMs, maxConnections, pickTimeoutMs } = options;
  const isAuto = window === 'auto';
  return {
    window: isAuto ? SMALL_WINDOW : window,
    quickWindow: isAuto ? QUICK_WINDOW : window,
    takeBackMs,
    maxConnections: maxConnections ?? 0,
    pickTimeoutMs,
  };
}

function routesOf(table: RouteTable): Partial<EngineListenerOptions> {
  if (table.isAsked) return { askedRoutes: table.targets };
  return { routes: table.routes, defaultRoute: table.otherwise };
}

export function listenerOptions(options: DealingOptions): EngineListenerOptions {
  const {
    policy,
    maxConnections,
    overload,
    maxQueueMs,
    maxIdle,
    proxyProtocol,
    sticky,
    routeTable,
    isVirtual,
  } = options;
  return {
    policy: policy.name,
    ...policy.settings,
    maxConnections: maxConnections ?? 0,
    resets: overload === 'reset',
    maxQueueMs: maxQueueMs ?? 0,
    maxIdle,
    proxyFrom: isVirtual ? null : (proxyProtocol?.from ?? null),
    lookTimeoutMs: proxyProtocol?.timeoutMs ?? options.lookTimeoutMs,
    ...(sticky !== null && { sticky }),
    ...(routeTable !== null && routesOf(routeTable)),
  };
}
