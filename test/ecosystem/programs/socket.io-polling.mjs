// A worker with a Socket.IO server that clients poll: it says who it is, and sends back what it is sent. With CERT the
// server is HTTPS.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { Server } from 'socket.io';
import { sticky } from '../../../dist/socket.io-adapter/index.js';
import { attach } from '../../../dist/worker/index.js';

const file = (name) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
const server =
  process.env.CERT === undefined
    ? http.createServer()
    : https.createServer({ key: file('localhost-key.pem'), cert: file('localhost-cert.pem') });
const io = new Server(server, { transports: ['polling'], pingInterval: 600_000 });
if (process.env.STICKY !== 'off') sticky(io);
io.on('connection', (socket) => {
  socket.on('echo', (data) => socket.emit('echo', process.pid, data));
});
attach(server);
