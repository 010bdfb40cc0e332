// rondo/fd by itself: this process opens a file and accepts a connection, and gives both to another
// process, which sends the file's first line to the client.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { close, recvFds, sendFds, socketpair } from 'rondo/fd';

if (process.argv[2] === 'child') {
  const { fds, payload } = recvFds(3); // its end of the channel; null if nothing had come yet
  const [file, connection] = fds;
  const [line] = fs.readFileSync(file, 'utf8').split('\n');
  close(file);
  new net.Socket({ fd: connection }).end(`${payload} from process ${process.pid}: ${line}\n`);
} else {
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    server.close();
    const [ours, theirs] = socketpair();
    const file = fs.openSync(import.meta.filename, 'r');
    // Both are open in the message from here on, whoever closes them; so this process can, at once.
    // (A socket's descriptor has no public name in Node.)
    sendFds(ours, [file, socket._handle.fd], Buffer.from('Greetings'));
    close(file);
    socket.destroy();
    spawn(process.execPath, [import.meta.filename, 'child'], {
      stdio: ['inherit', 'inherit', 'inherit', theirs],
    });
    close(theirs);
  });
  server.listen(Number(process.env.PORT ?? 8000), () => {
    console.log(`A client, once:  nc localhost ${server.address().port}`);
  });
}
