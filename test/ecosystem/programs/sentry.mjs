import { createServer } from 'node:http';
import * as Sentry from '@sentry/node';
import { listen, routes } from './lib/routes.mjs';

const { host } = new URL(/** @type {string} */ (process.env.SINK));

Sentry.init({ dsn: `http://key@${host}/1`, shutdownTimeout: 1_000 });
listen(createServer(routes));
