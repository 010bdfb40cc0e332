const { createServer } = require('node:http');
const { Server } = require('socket.io');

const httpServer = createServer();
const io = new Server(httpServer, { transports: ['websocket'] });

io.on('connection', (socket) => {
  socket.emit('welcome', process.pid, socket.handshake.address, socket.conn.transport.name);
  socket.on('echo', (...args) => {
    const answer = args.pop();
    answer(...args);
  });
});

httpServer.listen(process.env.PORT ?? 0, '127.0.0.1', () => {
  console.log(`${process.pid} listening on ${httpServer.address().port}`);
});
