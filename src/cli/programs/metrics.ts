/** `--metrics` of several programs: one place, where each program's own process is asked for its part. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Format, formatFor } from '../../metrics/exposition.js';
import { endProbe, type Probe } from '../../metrics/probes.js';
import { endScrape } from '../../metrics/scrape.js';
import { end, type Handler, RouteServer } from '../../metrics/server.js';
import { exposeSeveral } from '../../metrics/several.js';
import type { MetricsAddress } from '../metrics-address.js';
import type { Answer } from './messages.js';
import type { ProgramProcess } from './program-process.js';
import type { Programs } from './programs.js';

/** Resolves with where it listens. Rejects with the error of `net.Server`. */
export function serveProgramsMetrics(
  programs: Programs,
  address: MetricsAddress,
): Promise<AddressInfo> {
  const server = new RouteServer({
    ...address,
    routes: new Map([
      ['/', noPage],
      ['/metrics', scrape(programs)],
      ['/live', probe(programs, 'live')],
      ['/ready', probe(programs, 'ready')],
    ]),
  });
  return server.listen();
}

const noPage: Handler = (_request, response) => {
  const text = "The page is of one program: give that 'metrics' in the configuration";
  end(response, 404, `${text}. Here are /metrics, /live and /ready of all\n`);
};

function scrape(programs: Programs): Handler {
  // Those who ask while an answer is under way get the same.
  const waiting = new Map<Format, Promise<Buffer>>();
  const textIn = (format: Format): Promise<Buffer> => {
    let text = waiting.get(format);
    if (text === undefined) {
      text = gather(programs, format).finally(() => waiting.delete(format));
      waiting.set(format, text);
    }
    return text;
  };
  return (request, response) => {
    const format = formatFor(request.headers.accept);
    textIn(format).then(
      (bytes) => endScrape(request, response, format, bytes),
      (error: Error) => end(response, 500, `${error.message}\n`),
    );
  };
}

async function gather(programs: Programs, format: Format): Promise<Buffer> {
  const parts = programs.wanted.map(async (program) => {
    const answer = await program.ask({ what: 'metrics', format });
    return { name: program.name, blocks: blocksIn(answer) };
  });
  return exposeSeveral(await Promise.all(parts), format);
}

function blocksIn(answer: Answer | null) {
  return answer !== null && 'blocks' in answer ? answer.blocks : null;
}

/** Of all, or of the one that is named: `/ready?program=web`. */
function probe(programs: Programs, what: 'live' | 'ready'): Handler {
  return (request, response) => void answerProbe(programs, what, request, response);
}

async function answerProbe(
  programs: Programs,
  what: 'live' | 'ready',
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const name = searchParams.get('program');
  const asked = programs.wanted.filter((program) => name === null || program.name === name);
  if (name !== null && asked.length === 0) {
    return end(response, 404, `There is no program ${JSON.stringify(name)}\n`);
  }
  const probes = await Promise.all(asked.map((program) => probeOf(program, what)));
  endProbe(response, {
    isWell: probes.every(({ isWell }) => isWell),
    text: probes.map(({ text }, index) => `${asked[index]?.name}: ${text}`).join('\n'),
  });
}

/** Between two processes it is not ready, and lives: it starts again by itself, or has failed, and the others go on. */
async function probeOf(program: ProgramProcess, what: 'live' | 'ready'): Promise<Probe> {
  if (program.pid === null) return { isWell: what === 'live', text: program.state };
  // It does not listen to questions before it has read its configuration, and may be ready by the time it should have answered.
  const isWell = what === 'live' && program.state === 'starting';
  const answer = await program.ask({ what });
  if (answer !== null && 'probe' in answer) return answer.probe;
  return { isWell, text: `${program.state}, does not answer` };
}
