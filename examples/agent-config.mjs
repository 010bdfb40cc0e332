// An agent that reads the configuration for all workers, once whenever its file changes. Edit the file, and the
// answers of all workers change; a worker that starts later asks the agent for it.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Supervisor } from 'rondo';
import { hub } from 'rondo/hub';

const FILE = process.env.CONFIG ?? path.join(os.tmpdir(), 'rondo-agent-config.json');

await hub.ready();
const { role } = hub.self();
if (role === 'agent') refresh();
else if (role === 'worker') await serve();
else await supervise();

function refresh() {
  const read = () => JSON.parse(fs.readFileSync(FILE, 'utf8'));
  let config = read();
  hub.handle('config', () => config);
  fs.watchFile(FILE, { interval: 200 }, () => {
    try {
      config = read();
      hub.emit('config', config);
    } catch (error) {
      console.error(`The configuration stays as it is: ${error.message}`);
    }
  });
  process.send('ready'); // the workers start now
}

async function serve() {
  let config;
  hub.on('config', (changed) => {
    config = changed;
  });
  config = await hub.request('agent', 'config');
  const server = http.createServer((_request, response) => {
    response.end(`${config.greeting} from process ${process.pid}\n`);
  });
  server.listen(Number(process.env.PORT ?? 8000));
}

async function supervise() {
  if (!fs.existsSync(FILE)) fs.writeFileSync(FILE, '{ "greeting": "Hello" }\n');
  const exec = import.meta.filename;
  const supervisor = new Supervisor({ exec, agent: exec, workers: 2 });
  process.once('SIGINT', () => supervisor.stop('SIGINT'));
  await supervisor.start();
  const [{ workers }] = supervisor.stats().seats;
  console.log(`Ask a few times:  curl http://localhost:${workers[0].listening[0].port}`);
  console.log(`Edit this, and ask again:  ${FILE}`);
}
