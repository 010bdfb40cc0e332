// What TypeScript makes of decorators, written by hand.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ready, routes } from './lib/routes.mjs';

class AppModule {
  onModuleDestroy() {
    console.log('module destroyed');
  }

  /** @param {string} signal */
  onApplicationShutdown(signal) {
    console.log(`application shut down: ${signal}`);
  }
}
Module({})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.use(routes);
app.enableShutdownHooks();
// As a pool or a scheduler does it: Nest ends the process by raising the signal again.
setInterval(() => {}, 1_000);
await app.listen(0, '127.0.0.1');
ready(app.getHttpServer());
