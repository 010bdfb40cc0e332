/**
 * Text that is written again and again, and is nearly the same each time: of a scrape's lines most say what they
 * said in the last one. Written piece by piece, each known by a key and a part of it; a piece that stands where it stood
 * the last time is passed over, and of a line whose number is another one the number alone is written.
 */

const FIRST_SIZE = 16 * 1024;
const FIRST_PIECES = 256;
const ZERO = 48;
const NEWLINE = 10;
const LARGEST_INT = 0x7fff_ffff;

export class Bytes {
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  /** What has been written this time. */
  #length = 0;
  /** That, and what is left of the last time. */
  #total = 0;
  /** What each piece is known by, how long it is without its number, and where it ends: of this time, then of the last one. */
  #keys: string[] = [];
  #parts: string[] = [];
  #lengths = new Uint32Array(FIRST_PIECES);
  #numbers = new Float64Array(FIRST_PIECES);
  #ends = new Uint32Array(FIRST_PIECES);
  #at = 0;
  /** So much further on than `#ends` says are the pieces of the last time. */
  #shift = 0;

  /** From the start, over what is there. */
  rewind(): void {
    this.#truncate();
    this.#at = 0;
    this.#length = 0;
    this.#shift = 0;
  }

  /** The same in memory of its own. */
  copy(): Bytes {
    const copy = new Bytes();
    copy.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length);
    copy.#buffer.set(this.#buffer.subarray(0, this.#total));
    copy.#length = this.#length;
    copy.#total = this.#total;
    copy.#keys = this.#keys.slice();
    copy.#parts = this.#parts.slice();
    copy.#lengths = this.#lengths.slice();
    copy.#numbers = this.#numbers.slice();
    copy.#ends = this.#ends.slice();
    copy.#at = this.#at;
    copy.#shift = this.#shift;
    return copy;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    // It would be taken for a line without labels.
    if (text === '') return;
    if (this.isNext(text, '')) {
      this.#length = (this.#ends[this.#at] as number) + this.#shift;
    } else {
      this.#begin(text, '', text);
    }
    this.#end(0);
  }

  /** Whether the last time this was here: `again()` says all of it then, and `line()` does not need to. */
  isNext(key: string, part: string): boolean {
    const at = this.#at;
    return at < this.#keys.length && this.#keys[at] === key && this.#parts[at] === part;
  }

  /** The line that is next, with that number. */
  again(number: number): void {
    const end = (this.#ends[this.#at] as number) + this.#shift;
    if (this.#numbers[this.#at] === number) {
      this.#length = end;
    } else {
      this.#length += this.#lengths[this.#at] as number;
      this.#number(number, end);
    }
    this.#end(number);
  }

  /** A line: what is before the number, and the number as String() has it, but for what is infinite or no number. */
  line(key: string, part: string, beginning: string, number: number): void {
    this.#begin(key, part, beginning);
    this.#number(number, this.#length);
    this.#end(number);
  }

  get length(): number {
    return this.#length;
  }

  /** As text. */
  slice(from: number, to: number): string {
    return this.#buffer.toString('utf8', from, to);
  }

  /** All of them, until it is written again. */
  get written(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A piece that was not here: what followed the last time is written anew. */
  #begin(key: string, part: string, text: string): void {
    this.#truncate();
    if (this.#at === this.#ends.length) {
      this.#lengths = doubled(this.#lengths, Uint32Array);
      this.#numbers = doubled(this.#numbers, Float64Array);
      this.#ends = doubled(this.#ends, Uint32Array);
    }
    this.#keys.push(key);
    this.#parts.push(part);
    // The most that UTF-8 makes of a character.
    this.#reserve(text.length * 3);
    const bytes = this.#buffer.write(text, this.#length, 'utf8');
    this.#lengths[this.#at] = bytes;
    this.#length += bytes;
    this.#total = this.#length;
  }

  #truncate(): void {
    this.#keys.length = this.#at;
    this.#parts.length = this.#at;
    this.#total = this.#length;
  }

  #end(number: number): void {
    this.#numbers[this.#at] = number;
    this.#ends[this.#at] = this.#length;
    this.#at++;
  }

  /** And the end of the line. In place of what goes up to there. */
  #number(number: number, upTo: number): void {
    if (Number.isInteger(number) && number >= 0 && number <= LARGEST_INT) {
      let digits = 1;
      for (let rest = number; rest >= 10; rest = (rest / 10) | 0) digits++;
      this.#makeRoom(digits + 1, upTo);
      let rest = number;
      for (let at = this.#length + digits - 1; at >= this.#length; at--) {
        const next = (rest / 10) | 0;
        this.#buffer[at] = ZERO + rest - next * 10;
        rest = next;
      }
      this.#length += digits;
    } else {
      const text = numberText(number);
      this.#makeRoom(text.length + 1, upTo);
      this.#length += this.#buffer.write(text, this.#length, 'latin1');
    }
    this.#buffer[this.#length++] = NEWLINE;
  }

  /** For so many bytes in place of those up to there; what is behind them moves. */
  #makeRoom(bytes: number, upTo: number): void {
    const by = this.#length + bytes - upTo;
    if (by === 0) return;
    this.#reserve(by);
    this.#buffer.copyWithin(upTo + by, upTo, this.#total);
    this.#total += by;
    this.#shift += by;
  }

  #reserve(bytes: number): void {
    if (this.#total + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow((this.#total + bytes) * 2);
    larger.set(this.#buffer.subarray(0, this.#total));
    this.#buffer = larger;
  }
}

function doubled<T extends Float64Array | Uint32Array>(
  array: T,
  ArrayType: new (length: number) => T,
): T {
  const larger = new ArrayType(array.length * 2);
  larger.set(array);
  return larger;
}

export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
