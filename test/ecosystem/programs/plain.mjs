// A server without any library, and without a handler of any signal.
import { createServer } from 'node:http';
import { listen, routes } from './lib/routes.mjs';

listen(createServer(routes));
