// A server in TypeScript that Node cannot strip the types of: an enum is code.
import { createServer } from 'node:http';
import process from 'node:process';
// @ts-expect-error It has no types.
import { listen } from './lib/routes.mjs';

enum Answer {
  Typed = 'typed',
}

listen(createServer((_request, response) => response.end(`${Answer.Typed} ${process.pid}`)));
