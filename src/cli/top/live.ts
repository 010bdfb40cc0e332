/** `rondo top` on a terminal: asks each interval, draws, and does what keys say. */

import type { ReadStream, WriteStream } from 'node:tty';
import type { ControlClient } from '../../control/client.js';
import { type Rates, ratesBetween } from '../../control/rates.js';
import { type Action, Actions } from './actions.js';
import { COLUMNS } from './columns.js';
import type { Key } from './keys.js';
import { Screen } from './terminal.js';
import { type Choice, type Look, linesOf, type Named, rowsOf } from './view.js';

/** What is said of something that was done, or of a key without a use. */
const MESSAGE_MS = 8_000;

/** Texts are sorted from a, numbers from the highest. */
const FROM_LOWEST = ['SEAT', 'PID', 'STATE'];

export class Live {
  readonly #client: ControlClient;
  readonly #intervalMs: number;
  readonly #look: Look;
  readonly #screen: Screen;
  #choice: Choice = { sort: 0, isDescending: false, seat: null };
  #snapshot: Named | null = null;
  #rates: Rates | null = null;
  #waiting: string | null;
  #message = '';
  #messageAt = 0;
  #question: Action | null = null;
  #isHelp = false;
  readonly #actions: Actions;

  constructor(
    client: ControlClient,
    intervalMs: number,
    look: Look,
    input: ReadStream,
    output: WriteStream,
  ) {
    this.#client = client;
    this.#actions = new Actions(client);
    this.#intervalMs = intervalMs;
    this.#look = look;
    this.#waiting = `waiting for ${client.path}`;
    this.#screen = new Screen(input, output, {
      onKey: (key) => this.#onKey(key),
      onRedraw: () => this.#draw(),
    });
  }

  /** Until the process ends. */
  start(): void {
    this.#screen.open();
    this.#draw();
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const begun = performance.now();
    const asked = this.#actions.mark();
    try {
      const now = await this.#client.status();
      this.#actions.settle(asked);
      this.#rates = ratesBetween(this.#snapshot, now);
      this.#snapshot = now;
      this.#waiting = null;
      this.#keepSelection(now);
    } catch (error) {
      this.#waiting = `waiting for ${this.#client.path}: ${(error as Error).message}`;
    }
    this.#draw();
    const leftMs = this.#intervalMs - (performance.now() - begun);
    setTimeout(() => void this.#ask(), Math.max(50, leftMs));
  }

  #keepSelection({ seats }: Named): void {
    if (seats.some(({ seat }) => seat === this.#choice.seat)) return;
    this.#choice.seat = seats[0]?.seat ?? null;
  }

  #draw(): void {
    const isOld = performance.now() - this.#messageAt > MESSAGE_MS;
    const message = this.#question?.question ?? (isOld ? '' : this.#message);
    this.#screen.draw(
      linesOf(
        {
          snapshot: this.#snapshot,
          rates: this.#rates,
          choice: this.#choice,
          message,
          waiting: this.#waiting,
          isHelp: this.#isHelp,
        },
        this.#screen.size,
        this.#look,
      ),
    );
  }

  #onKey(key: Key): void {
    if (this.#question !== null) this.#answer(this.#question, key);
    else this.#heed(key);
    this.#draw();
  }

  #heed(key: Key): void {
    const wasHelp = this.#isHelp;
    this.#isHelp = (key === '?' || key === 'h') && !wasHelp;
    if (key === 'q') process.exit(0);
    if (key === 'up' || key === 'k') return this.#select(-1);
    if (key === 'down' || key === 'j') return this.#select(1);
    if (key === 'left' || key === '<') return this.#sortBy(-1);
    if (key === 'right' || key === '>') return this.#sortBy(1);
    if (key === 'i') this.#choice.isDescending = !this.#choice.isDescending;
    const action = this.#actions.for(key, this.#snapshot, this.#choice.seat);
    if (action === null) return;
    if (action.question !== null) this.#question = action;
    else this.#do(action);
  }

  #answer(question: Action, key: Key): void {
    this.#question = null;
    if (key === 'y' || key === 'Y') this.#do(question);
    else this.#say('nothing was changed');
  }

  #do({ name, run }: Action): void {
    this.#say(`${name} …`.replace('…', this.#look.isUtf8 ? '…' : '...'));
    run().then(
      () => this.#say(`${name}: done`),
      (error: Error) => this.#say(`${name}: ${error.message}`),
    );
  }

  #say(text: string): void {
    this.#message = text;
    this.#messageAt = performance.now();
    this.#draw();
  }

  #select(step: 1 | -1): void {
    if (this.#snapshot === null) return;
    const rows = rowsOf(this.#snapshot, this.#rates, this.#choice);
    const index = rows.findIndex(({ seat }) => seat.seat === this.#choice.seat);
    const next = rows[Math.min(rows.length - 1, Math.max(0, index + step))];
    this.#choice.seat = next?.seat.seat ?? null;
  }

  #sortBy(step: 1 | -1): void {
    this.#choice.sort = (this.#choice.sort + step + COLUMNS.length) % COLUMNS.length;
    this.#choice.isDescending = !FROM_LOWEST.includes(COLUMNS[this.#choice.sort]?.name ?? '');
  }
}
