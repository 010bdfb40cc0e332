// Programs of clusterhub, one for each thing that it promises. The first argument says which; a worker is this file,
// too. A primary ends when it calls `done`. CLUSTERHUB: another module.
'use strict';
const cluster = require('node:cluster');

const PROGRAMS = {
  ...require('./clusterhub-values.cjs'),
  ...require('./clusterhub-messages.cjs'),
};

PROGRAMS[process.argv[2]][cluster.isPrimary ? 'primary' : 'worker']();
