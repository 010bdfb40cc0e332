/** Bytes that are put together one after another: five times as fast as strings where there are thousands. */

const FIRST_SIZE = 16 * 1024;
const ZERO = 48;
const LARGEST_INT = 0x7fff_ffff;

export class Bytes {
  #buffer: Buffer;
  #length = 0;

  /** `spare` is memory that nobody reads any more: new memory costs more than what is written there. */
  constructor(spare?: Buffer) {
    this.#buffer = spare ?? Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    // The most that UTF-8 makes of a character.
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** As String() has it, but for what is infinite or no number. */
  number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value <= LARGEST_INT) this.#integer(value);
    else this.text(numberText(value));
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = byte;
  }

  get length(): number {
    return this.#length;
  }

  /** As text. */
  slice(from: number, to: number): string {
    return this.#buffer.toString('utf8', from, to);
  }

  /** The memory, which is longer. */
  get memory(): Buffer {
    return this.#buffer;
  }

  /** All of them. Nothing is added any more. */
  end(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #integer(value: number): void {
    // Ten digits at most.
    this.#reserve(10);
    let digits = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
    let rest = value;
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const next = (rest / 10) | 0;
      this.#buffer[at] = ZERO + rest - next * 10;
      rest = next;
    }
    this.#length += digits;
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow((this.#length + length) * 2);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
