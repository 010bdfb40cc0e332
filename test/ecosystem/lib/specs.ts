/** The programs that run under plain Node and under `rondo start`, a line or a few each: what is unlike the others. */

export type Group =
  | 'exit hooks'
  | 'shutdown libraries'
  | 'frameworks'
  | 'error reporters'
  | 'logs and metrics'
  | 'connections that stay'
  | 'no server';

export interface Spec {
  /** Unique: a package, and how it is used if there are several ways. */
  name: string;
  /** Of programs/. */
  program: string;
  /** Whose versions the results are of, by the names in package.json. */
  packages: string[];
  group: Group;
  args?: string[];
  /** Of `rondo start`. */
  flags?: string[];
  /** The variable NODE_OPTIONS of all its processes. */
  nodeOptions?: string;
  /** What plain Node itself survives, since the program handles it. */
  survives?: Array<'error' | 'rejection'>;
  /** What it sends its errors to is the path of SINK that begins like this. */
  reportsTo?: string;
  /** It has no handler of SIGTERM: plain Node dies of it, and a worker that has drained ends with 0. */
  hasNoHandler?: true;
  /** It has no server. */
  isSilent?: true;
}

export const SPECS: readonly Spec[] = [
  {
    name: 'no library',
    program: 'plain.mjs',
    packages: [],
    group: 'exit hooks',
    hasNoHandler: true,
  },
  {
    name: 'signal-exit 3',
    program: 'signal-exit-3.mjs',
    packages: ['signal-exit-3'],
    group: 'exit hooks',
  },
  {
    name: 'signal-exit 4',
    program: 'signal-exit-4.mjs',
    packages: ['signal-exit-4'],
    group: 'exit hooks',
  },
  {
    name: 'async-exit-hook',
    program: 'async-exit-hook.mjs',
    packages: ['async-exit-hook'],
    group: 'exit hooks',
  },
  { name: 'death', program: 'death.mjs', packages: ['death'], group: 'exit hooks' },
  {
    name: 'close-with-grace',
    program: 'close-with-grace.mjs',
    packages: ['close-with-grace'],
    group: 'shutdown libraries',
  },
  {
    name: '@godaddy/terminus',
    program: 'terminus.mjs',
    packages: ['@godaddy/terminus'],
    group: 'shutdown libraries',
  },
  {
    name: 'http-terminator',
    program: 'http-terminator.mjs',
    packages: ['http-terminator'],
    group: 'shutdown libraries',
  },
  {
    name: 'stoppable',
    program: 'stoppable.mjs',
    packages: ['stoppable'],
    group: 'shutdown libraries',
  },
  {
    name: 'http-graceful-shutdown',
    program: 'http-graceful-shutdown.mjs',
    packages: ['http-graceful-shutdown'],
    group: 'shutdown libraries',
  },
  {
    name: 'lightship',
    program: 'lightship.mjs',
    packages: ['lightship'],
    group: 'shutdown libraries',
  },
  {
    name: 'NestJS, shutdown hooks and a timer',
    program: 'nest.mjs',
    packages: ['@nestjs/core', '@nestjs/common', '@nestjs/platform-express'],
    group: 'frameworks',
  },
  {
    name: 'Fastify with close-with-grace',
    program: 'fastify.mjs',
    packages: ['fastify', 'close-with-grace'],
    group: 'frameworks',
  },
  {
    name: 'Hapi',
    program: 'hapi.mjs',
    packages: ['@hapi/hapi'],
    group: 'frameworks',
  },
  {
    name: 'Hono',
    program: 'hono.mjs',
    packages: ['hono', '@hono/node-server'],
    group: 'frameworks',
  },
  {
    name: 'Sentry',
    program: 'sentry.mjs',
    packages: ['@sentry/node'],
    group: 'error reporters',
    survives: ['rejection'],
    reportsTo: '/api/1/envelope',
    hasNoHandler: true,
  },
  {
    name: 'PostHog',
    program: 'posthog.mjs',
    packages: ['posthog-node'],
    group: 'error reporters',
    reportsTo: '/batch',
  },
  {
    name: 'pino, transport in a thread',
    program: 'pino.mjs',
    packages: ['pino'],
    group: 'logs and metrics',
  },
  {
    name: 'log4js, disableClustering',
    program: 'log4js.mjs',
    packages: ['log4js'],
    group: 'logs and metrics',
  },
  {
    name: 'prom-client',
    program: 'prom-client.mjs',
    packages: ['prom-client'],
    group: 'logs and metrics',
    hasNoHandler: true,
  },
  { name: 'ws', program: 'ws.mjs', packages: ['ws'], group: 'connections that stay' },
  {
    name: 'http-proxy',
    program: 'http-proxy.mjs',
    packages: ['http-proxy'],
    group: 'connections that stay',
    hasNoHandler: true,
  },
  {
    name: 'undici, as client of another server',
    program: 'undici.mjs',
    packages: ['undici'],
    group: 'connections that stay',
  },
  {
    name: 'a poller of a queue, --ready-when started',
    program: 'poller.mjs',
    packages: [],
    group: 'no server',
    flags: ['--ready-when', 'started'],
    isSilent: true,
  },
  {
    name: 'a poller of a queue, --ready-when message',
    program: 'poller.mjs',
    packages: [],
    group: 'no server',
    args: ['message'],
    flags: ['--ready-when', 'message'],
    isSilent: true,
  },
];
