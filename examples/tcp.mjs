// A game over plain TCP: guess a number. Play it with `nc localhost 8000`, as often as you like at
// once. Players stay for long, so a new one goes to the worker that has the fewest.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { Dispatcher } from 'rondo';
import { attach, isWorker } from 'rondo/worker';

if (isWorker()) {
  attach(net.createServer(play));
} else {
  const dispatcher = new Dispatcher({ policy: 'least-connections' });
  const { port } = (await dispatcher.listen({ port: Number(process.env.PORT ?? 8000) })).address();
  const workers = [dispatcher.openSlot(), dispatcher.openSlot()].map((slot) => {
    const worker = spawn(process.execPath, [import.meta.filename], {
      stdio: slot.stdio,
      env: { ...process.env, ...slot.env },
    });
    slot.assign(worker);
    return worker;
  });
  process.once('SIGINT', async () => {
    await dispatcher.close();
    for (const worker of workers) worker.kill();
  });
  console.log(`Play it:  nc localhost ${port}`);
}

function play(socket) {
  const secret = randomInt(1, 101);
  socket.on('error', () => {}); // a player who is gone
  socket.write(`Process ${process.pid} thinks of a number from 1 to 100. Your guess?\n`);
  createInterface({ input: socket }).on('line', (line) => {
    const guess = Number(line);
    if (guess === secret) socket.end('Right!\n');
    else socket.write(guess < secret ? 'More.\n' : guess > secret ? 'Less.\n' : 'A number?\n');
  });
}
