// What processes tell each other. See clusterhub.cjs.
'use strict';
const cluster = require('node:cluster');
const hub = require(process.env.CLUSTERHUB ?? 'clusterhub');
const { fork, done, after } = require('./clusterhub-tools.cjs');

module.exports = {
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
};
