// Node's own node:cluster: WORKERS processes of the server file in the first argument.
import cluster from 'node:cluster';

const [exec, ...args] = process.argv.slice(2);
cluster.setupPrimary({ exec, args });
for (let i = 0; i < Number(process.env.WORKERS); i++) cluster.fork();
