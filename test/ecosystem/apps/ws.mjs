import { WebSocketServer } from 'ws';

const wss = new WebSocketServer({ port: Number(process.env.PORT ?? 0), host: '127.0.0.1' });

wss.on('headers', (headers) => {
  headers.push(`X-Worker: ${process.pid}`);
});
wss.on('connection', (ws, request) => {
  ws.on('error', console.error);
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  ws.send(`${request.method} ${request.url} from ${request.socket.remoteAddress}`);
});
wss.on('listening', () => {
  console.log(`${process.pid} listening on ${wss.address().port}`);
});
