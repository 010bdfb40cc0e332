/**
 * What a worker wrote last, for the primary, should it end before it is ready. Neither stdout nor
 * stderr is opened for it: each is watched from when the program first uses it, and left as it was
 * when the worker is ready.
 */

const NAMES = ['stdout', 'stderr'] as const;
const MOST_CHARACTERS = 4096;

type Write = NodeJS.WriteStream['write'];

export class LastOutput {
  #text = '';
  #isWatching = true;
  readonly #undo: Array<() => void> = [];

  constructor() {
    for (const name of NAMES) this.#watch(name);
  }

  /** What has come to the terminal by another way. */
  add(text: string): void {
    if (this.#isWatching) this.#text = (this.#text + text).slice(-MOST_CHARACTERS);
  }

  /** Null when it is not wanted any more. */
  take(): string | null {
    const text = this.#isWatching ? this.#text : null;
    this.stop();
    return text;
  }

  stop(): void {
    this.#isWatching = false;
    this.#text = '';
    for (const undo of this.#undo.splice(0)) undo();
  }

  #watch(name: (typeof NAMES)[number]): void {
    const property = Object.getOwnPropertyDescriptor(process, name);
    const get = property?.get;
    if (get === undefined) return;
    const watching = (): NodeJS.WriteStream => {
      restore();
      const stream = get.call(process) as NodeJS.WriteStream;
      if (this.#isWatching) this.#watchStream(stream);
      return stream;
    };
    const restore = (): void => {
      // Unless the program has put its own in place of this one.
      if (Object.getOwnPropertyDescriptor(process, name)?.get !== watching) return;
      Object.defineProperty(process, name, property as PropertyDescriptor);
    };
    this.#undo.push(restore);
    Object.defineProperty(process, name, { ...property, get: watching });
  }

  #watchStream(stream: NodeJS.WriteStream): void {
    const write = stream.write;
    const watching = ((...args: Parameters<Write>) => {
      const [chunk] = args as [unknown];
      if (typeof chunk === 'string') this.add(chunk);
      else if (chunk instanceof Uint8Array) this.add(Buffer.from(chunk).toString());
      return write.apply(stream, args);
    }) as Write;
    stream.write = watching;
    this.#undo.push(() => {
      // The prototype's is back then.
      if (stream.write === watching) delete (stream as Partial<typeof stream>).write;
    });
  }
}
