// As ws's documentation has it, and a goodbye to every client.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listen, routes } from './lib/routes.mjs';

const server = createServer(routes);
const sockets = new WebSocketServer({ server });

sockets.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(String(data)));
  socket.send(String(process.pid));
});
process.once('SIGTERM', () => {
  for (const socket of sockets.clients) socket.close(1001);
  sockets.close();
  server.close(() => console.log('closed'));
});
listen(server);
