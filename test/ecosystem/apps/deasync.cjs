// Listeners that wait, within themselves, for something that the event loop brings: the first one of each worker for the
// next connection, every third one for a timer.
const cluster = require('node:cluster');
const net = require('node:net');
const deasync = require('deasync');

if (cluster.isPrimary) {
  for (let i = 0; i < Number(process.env.WORKERS); i++) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
  });
} else {
  let connections = 0;
  const server = net.createServer((socket) => {
    connections++;
    if (connections === 1) deasync.loopWhile(() => connections === 1);
    else if (connections % 3 === 0) deasync.sleep(5);
    socket.end('served');
  });
  server.listen(0, '127.0.0.1', () => {
    console.log(`${process.pid} listening on ${server.address().port}`);
  });
}
