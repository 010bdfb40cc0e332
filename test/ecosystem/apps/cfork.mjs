import { cfork } from 'cfork';

const [exec, ...args] = process.argv.slice(2);
cfork({ exec, args, count: Number(process.env.WORKERS) });
