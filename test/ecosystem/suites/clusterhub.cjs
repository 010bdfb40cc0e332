// Programs of clusterhub, one for each thing that it promises. The first argument says which; a worker is this file,
// too. A primary ends when its `done` has been called as often as it says.
'use strict';
const assert = require('node:assert');
const cluster = require('node:cluster');
const hub = require('clusterhub');

const [name, role = 'worker'] = process.argv.slice(2);

function fork(its = 'worker') {
  cluster.setupPrimary({ exec: __filename, args: [name, its] });
  return cluster.fork();
}

function done(...words) {
  console.log(...words);
  cluster.disconnect();
}

/** Calls back at the last of so many calls. */
function after(times, then) {
  let left = times;
  return (...args) => {
    if (--left === 0) then(...args);
  };
}

const PROGRAMS = {
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
  'question and answer': {
    primary() {
      hub.on('ask', (data) => {
        console.log(data);
        hub.emit('work', 'now');
        hub.emit('work', 'again');
      });
      hub.on('worked', done);
      fork();
    },
    worker() {
      hub.once('work', (when) => hub.emit('worked', when));
      hub.emit('ask', { hello: 'there' });
    },
  },
  'local and remote': {
    primary() {
      hub.on('local', () => console.log('must not come'));
      hub.on('remote', done);
      fork();
    },
    worker() {
      hub.on('local', (data) => console.log(data));
      hub.on('remote', () => console.log('must not come'));
      hub.emitLocal('local', 'local of the worker');
      hub.emitRemote('remote', 'remote of the worker');
    },
  },
  'worker to worker': {
    primary() {
      hub.on(
        'ready',
        after(2, () => hub.emit('all ready')),
      );
      hub.on(
        'heard',
        after(2, () => done('both')),
      );
      fork();
      fork();
    },
    worker() {
      const id = cluster.worker.id;
      hub.on('all ready', () => hub.emitRemote('from worker', id));
      hub.on('from worker', (from) => {
        console.log('from', from);
        hub.emit('heard');
      });
      hub.emit('ready');
    },
  },
  'no more listeners': {
    primary() {
      hub.on('back', done);
      hub.on('ready', () => {
        hub.emit('call', 1);
        hub.emit('call', 2);
        hub.emit('last');
      });
      fork();
    },
    worker() {
      hub.on('call', (number) => {
        console.log('call', number);
        hub.removeAllListeners('call');
      });
      hub.on('last', () => hub.emit('back', 'last'));
      hub.emit('ready');
    },
  },
  'what was said before the worker was there': {
    primary() {
      hub.on('heard', done);
      fork();
      hub.emit('early', 'bird');
    },
    worker() {
      hub.on('early', (what) => hub.emit('heard', what));
    },
  },
  'functions as arguments': {
    primary() {
      hub.on('same', (call) => call('and back'));
      fork();
      hub.emit('called', (...words) => done(...words));
    },
    worker() {
      hub.on('called', (call) => hub.emit('same', call));
    },
  },
  'functions between workers': {
    primary() {
      hub.on(
        'sum',
        after(2, (sum) => done(sum)),
      );
      fork();
      fork();
    },
    worker() {
      hub.on('add', (a, call, b) => call(a + b));
      hub.emitRemote('add', 1, (sum) => hub.emit('sum', sum), 3);
    },
  },
  'messages that are not its own': {
    primary() {
      const worker = fork();
      worker.on('message', (message) => message.not && console.log('the program gets it'));
      hub.on('ready', () => {
        worker.send({});
        worker.send({ hub: 'none', cmd: -1 });
        hub.emit('go on');
      });
      hub.on('went on', done);
    },
    worker() {
      process.send({ not: 'its own' });
      hub.on('go on', () => hub.emit('went on', 'went on'));
      hub.emit('ready');
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

PROGRAMS[name][cluster.isPrimary ? 'primary' : role]();
