// Listeners, values, and hubs with a name. See clusterhub.cjs.
'use strict';
const assert = require('node:assert');
const cluster = require('node:cluster');
const hub = require(process.env.CLUSTERHUB ?? 'clusterhub');
const { fork, done, after } = require('./clusterhub-tools.cjs');

module.exports = {
  'an event of its own': {
    primary() {
      hub.on('sum', (...all) => done(all.join()));
      hub.emit('sum', 1, 'two', null);
    },
  },
  'off, and once': {
    primary() {
      hub.on('a', () => console.log('must not come'));
      hub.off('a');
      hub.emit('a');
      hub.once('b', () => console.log('once'));
      hub.emit('b');
      hub.emit('b');
      hub.many(2, 'c', () => console.log('twice'));
      for (let times = 0; times < 4; times++) hub.emit('c');
      done();
    },
  },
  'order of listeners': {
    primary() {
      const all = [];
      hub.on('order', () => all.push(2));
      hub.on('order', () => all.push(3));
      hub.prependListener('order', () => all.push(1));
      hub.prependOnceListener('order', () => all.push(0));
      hub.on(
        'then',
        after(2, () => done(all.join())),
      );
      fork();
      fork();
    },
    worker() {
      hub.emit('order');
      hub.emit('then');
    },
  },
  'values in the primary': {
    primary() {
      assert.equal(hub.get('one'), undefined);
      hub.on('incr one', () => console.log('incr', hub.get('one')));
      hub.set('one', 1, (result) => {
        console.log('set', result);
        hub.incr('one');
        done(hub.get('one'));
      });
    },
  },
  'values of all': {
    primary() {
      hub.set('value', 24);
      hub.on('set answer', (value) => done('set', value, hub.get('answer')));
      fork();
    },
    worker() {
      hub.get('value', (value) => hub.set('answer', value + 18));
    },
  },
  'an increment of each worker': {
    primary() {
      hub.on(
        'incr total',
        after(10, () => done(hub.get('total'))),
      );
      fork();
      fork();
    },
    worker() {
      for (let times = 0; times < 5; times++) hub.incr('total');
    },
  },
  'hubs of one name': {
    primary() {
      const own = hub.createHub('one');
      hub.on('pong', () => console.log('must not come'));
      own.on('pong', (what) => {
        own.destroy();
        done(what);
      });
      fork();
      own.emit('ping', 'of one');
    },
    worker() {
      const own = hub.createHub('one');
      hub.on('ping', () => console.log('must not come'));
      own.on('ping', (what) => own.emit('pong', what));
    },
  },
  'hubs of one name in workers': {
    primary() {
      const own = hub.createHub('two');
      own.on(
        'nap',
        after(2, () => done('both')),
      );
      fork();
      fork();
    },
    worker() {
      const own = hub.createHub('two');
      own.on('i am', () => own.emit('nap'));
      own.emitRemote('i am');
    },
  },
  'workers that are reset end': {
    primary() {
      let ended = 0;
      cluster.on('exit', (_worker, code) => console.log('exit', code, ++ended));
      hub.on(
        'ready',
        after(2, () => hub.emit('end')),
      );
      fork();
      fork();
    },
    worker() {
      hub.on('end', () => {
        hub.reset();
        cluster.worker.disconnect();
      });
      hub.emit('ready');
    },
  },
  'beside a server': {
    primary() {
      const { get } = require('node:http');
      let port;
      cluster.on('listening', (_worker, address) => {
        port = address.port;
        hub.emit('is listening');
      });
      hub.on(
        'known',
        after(2, () => {
          get({ port, agent: false }, (response) => {
            response.setEncoding('utf8').on('data', (text) => console.log('answer', text));
            response.on('end', done);
          });
        }),
      );
      fork();
    },
    worker() {
      const { createServer } = require('node:http');
      const server = createServer((_request, response) => {
        hub.incr('requests', (count) => response.setHeader('connection', 'close').end(`${count}`));
      });
      hub.on('is listening', () => hub.emit('known'));
      server.listen(0, () => hub.emit('known'));
    },
  },
};
