// A chat over WebSockets on four workers: what one person says, the hub brings to the workers of the others.
// Talk with it in two terminals: `npx wscat -c ws://localhost:8000/anna`, or in a browser's console.
import cluster from 'node:cluster';
import http from 'node:http';
import { Supervisor } from 'rondo';
import { hub } from 'rondo/hub';
import { WebSocketServer } from 'ws';

if (cluster.isPrimary) await supervise();
else serve();

function serve() {
  const server = http.createServer((_request, response) => response.end('A chat.\n'));
  const people = new WebSocketServer({ server });
  const tell = (line) => {
    for (const person of people.clients) person.send(line);
  };
  const tellAll = (line) => {
    tell(line);
    hub.emit('said', line); // to the other workers
  };
  hub.on('said', tell);

  people.on('connection', (person, request) => {
    const name = decodeURIComponent(request.url.slice(1)) || 'somebody';
    person.on('error', () => {}); // what follows is 'close'
    person.on('message', (text) => tellAll(`${name}: ${text}`));
    person.on('close', () => tellAll(`${name} has left`));
    tellAll(`${name} has come to worker ${process.env.RONDO_SEAT}`);
  });
  server.listen(Number(process.env.PORT ?? 8000));
  // A draining worker waits for its connections, which here have no end of their own.
  process.on('rondo:drain', () => {
    for (const person of people.clients) person.close(1001);
  });
}

async function supervise() {
  const supervisor = new Supervisor({ exec: import.meta.filename, workers: 4 });
  process.once('SIGINT', () => supervisor.stop('SIGINT'));
  await supervisor.start();
  const [{ workers }] = supervisor.stats().seats;
  console.log(`Say something:  npx wscat -c ws://localhost:${workers[0].listening[0].port}/anna`);
}
