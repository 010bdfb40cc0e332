/** Columns of text: the first one to the left, numbers to the right. */

export type Cell = string | number | null;

const GAP = '  ';
/** For what is not known. */
const NOTHING = '-';

/** Lines without the newline; `left` are the titles of columns that are no numbers. */
export function tableOf(
  titles: readonly string[],
  rows: ReadonlyArray<readonly Cell[]>,
  left: readonly string[],
): string[] {
  const texts = [titles, ...rows.map((row) => row.map((cell) => String(cell ?? NOTHING)))];
  const widths = titles.map((_, i) => Math.max(...texts.map((row) => (row[i] ?? '').length)));
  return texts.map((row) =>
    row
      .map((text, i) => {
        const width = widths[i] as number;
        return left.includes(titles[i] as string) ? text.padEnd(width) : text.padStart(width);
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** `950 ms`, `4.2 s`, `12 min`, `3 h 5 min`, `9 d 3 h`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
