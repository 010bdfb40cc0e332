// The program of the workers in scrape.mjs: a server that answers with a line.
import net from 'node:net';

net.createServer((socket) => socket.end('here\n')).listen(0, '127.0.0.1');
