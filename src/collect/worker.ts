/**
 * The worker's part: it looks now and then what the program's registries say, and tells the primary what has
 * changed. It keeps nothing running, loads nothing of the program's, and waits for nobody.
 *
 *   waiting ──time is over──▶ gathering ──▶ telling, frame by frame ──all answered──▶ waiting
 *                                     gone: from anywhere, with the connection
 */

import { connect, type Socket } from 'node:net';
import { FrameReader, preamble } from '../hub/frames.js';
import { markOwn } from '../own-sockets.js';
import { type DeskPlace, takeDeskPlace } from './environment.js';
import { type Flat, flatten } from './flatten.js';
import {
  doneFrame,
  exemplarFrames,
  helloFrame,
  readAnswer,
  type Series,
  seriesFrame,
  valuesFrame,
} from './messages.js';
import { registries } from './registries.js';
import { isTelling, setTeller } from './tell-last.js';

/** Until it is known what the primary wants. */
const FIRST_MS = 250;

/** Nothing is found yet: how long until it is looked again, each time longer. */
const LOOK_MS = { first: 250, most: 5_000 };

/** How long the last telling may take, for a registry that does not answer. */
const LAST_MS = 250;

class Teller {
  readonly #place: DeskPlace;
  #socket: Socket | null = null;
  #isGone = false;
  #gathering: Promise<void> | null = null;
  #delayMs = FIRST_MS;
  #lookMs = LOOK_MS.first;
  #timer: NodeJS.Timeout | undefined;
  #hasWarned = false;
  /** What the primary knows. */
  #keys: string[] = [];
  #values: number[] = [];
  /** Of what series an exemplar of when. */
  #exemplars = new Map<string, number>();
  /** Frames that are still to be sent; the next one when the last one is answered. */
  #frames: Buffer[] = [];
  #isAnswerDue = false;

  constructor(place: DeskPlace) {
    this.#place = place;
    this.#wait(FIRST_MS);
  }

  /** Tells once more, without waiting for answers. */
  async tellLast(): Promise<void> {
    if (this.#socket === null && registries().size === 0) return;
    clearTimeout(this.#timer);
    const late = new Promise((resolve) => setTimeout(resolve, LAST_MS).unref());
    // What is under way was asked for before what counts now.
    await Promise.race([this.#gathering, late]);
    this.#flush();
    await Promise.race([this.#gather(), late]);
    this.#flush();
  }

  #flush(): void {
    for (const frame of this.#frames.splice(0)) this.#socket?.write(frame);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#isGone) return;
    this.#timer = setTimeout(() => void this.#turn(), ms).unref();
  }

  async #turn(): Promise<void> {
    if (registries().size === 0) {
      this.#lookMs = Math.min(this.#lookMs * 2, LOOK_MS.most);
      return this.#wait(this.#lookMs);
    }
    await this.#gather();
    this.#sendNext();
  }

  /** Makes frames of what has changed. */
  async #gather(): Promise<void> {
    if (this.#gathering !== null || this.#frames.length > 0) return;
    this.#gathering = this.#look();
    await this.#gathering;
    this.#gathering = null;
  }

  /** Does not reject. */
  async #look(): Promise<void> {
    try {
      const all = await Promise.all([...registries()].map((one) => one.getMetricsAsJSON()));
      this.#connect();
      this.#frames.push(...this.#news(flatten(all.flat())));
    } catch (error) {
      this.#warn(error);
      this.#wait(this.#delayMs);
    }
  }

  #news({ series, values, exemplars, leftOut }: Flat): Buffer[] {
    const keys = series.map(keyOf);
    const frames: Buffer[] = [];
    const isSame = this.#keys.every((key, i) => key === keys[i]);
    let from = isSame ? this.#keys.length : 0;
    // At least one, if there are none any more.
    let isAnew = !isSame;
    while (from < series.length || isAnew) {
      const [count, frame] = seriesFrame(series.slice(from), isAnew);
      frames.push(frame);
      from += count;
      isAnew = false;
      if (count === 0) break;
    }
    const isNew =
      frames.length > 0 || values.some((value, i) => !Object.is(value, this.#values[i]));
    if (isNew) frames.push(valuesFrame(values));
    const fresh = [...exemplars].filter(([at, { time }]) => {
      return this.#exemplars.get(keys[at] as string) !== time;
    });
    frames.push(...exemplarFrames(fresh));
    this.#keys = keys;
    this.#values = values;
    this.#exemplars = new Map([...exemplars].map(([at, { time }]) => [keys[at] as string, time]));
    return [...frames, doneFrame(leftOut)];
  }

  #sendNext(): void {
    if (this.#isAnswerDue || this.#isGone) return;
    const frame = this.#frames.shift();
    if (frame === undefined) return this.#wait(this.#delayMs);
    this.#isAnswerDue = true;
    this.#socket?.write(frame);
  }

  #connect(): void {
    if (this.#socket !== null || this.#isGone) return;
    const socket = markOwn(connect({ path: this.#place.address })).unref();
    this.#socket = socket;
    const frames = new FrameReader(4, (payload) => {
      this.#delayMs = readAnswer(payload);
      this.#isAnswerDue = false;
      this.#sendNext();
    });
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
    socket.on('error', () => {});
    // The primary is gone; another one would count this process twice.
    socket.once('close', () => {
      this.#isGone = true;
      clearTimeout(this.#timer);
    });
    socket.write(preamble(this.#place.token));
    this.#frames.push(helloFrame(process.pid));
  }

  /** What is known stays, and grows older. */
  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { message } = error as Error;
    process.emitWarning(`A registry of metrics cannot be read: ${message}`, {
      type: 'RondoWarning',
      code: 'RONDO_METRICS_UNREADABLE',
    });
  }
}

function keyOf({ metric, suffix, labels }: Series): string {
  return JSON.stringify([metric, suffix, labels]);
}

/** In a worker, once. Does nothing if its primary collects no metrics. */
export function startTelling(): void {
  const place = takeDeskPlace();
  if (place !== null && !isTelling()) setTeller(new Teller(place));
}
