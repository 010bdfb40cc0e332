import { createServer } from 'node:http';
import onExit from 'signal-exit-3';
import { listen, routes } from './lib/routes.mjs';

onExit((code, signal) => console.log(`signal-exit: ${code} ${signal}`));
listen(createServer(routes));
