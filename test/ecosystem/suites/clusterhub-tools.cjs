// What the programs of clusterhub share. See clusterhub.cjs.
'use strict';
const cluster = require('node:cluster');

const [, file, name] = process.argv;

function fork() {
  cluster.setupPrimary({ exec: file, args: [name] });
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

module.exports = { fork, done, after };
