import { createServer } from 'node:http';
import exitHook from 'async-exit-hook';
import { listen, routes } from './lib/routes.mjs';

exitHook((/** @type {() => void} */ done) => {
  console.log('hook begins');
  setTimeout(() => {
    console.log('hook ends');
    done();
  }, 50);
});
exitHook.uncaughtExceptionHandler((/** @type {Error} */ error) => console.error(error.stack));
listen(createServer(routes));
