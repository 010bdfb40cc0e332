// An Express server that a tracer has been put into before it is loaded: lib/tracing.cjs.
import { createServer } from 'node:http';
import express from 'express';
import { listen } from './lib/routes.mjs';

const app = express();
app.get('/', (_request, response) => response.send(`traced ${process.pid}`));
listen(createServer(app));
