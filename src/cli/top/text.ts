/** Numbers and words for a terminal: short, and without anything that a terminal would take for a command. */

/** What a terminal shows of it; a worker's output, a name or a path may have control characters. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trimEnd();
}

export function count(value: number | null): string {
  return value === null ? '-' : String(Math.round(value));
}

export function rate(value: number | null): string {
  if (value === null) return '-';
  return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}

export function percent(share: number | null): string {
  return share === null ? '-' : `${Math.round(share * 100)}%`;
}

export function megabytes(bytes: number | null): string {
  return bytes === null ? '-' : `${Math.round(bytes / 1e6)}M`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return '-';
  if (value < 10) return `${value.toFixed(1)}ms`;
  return value < 10_000 ? `${Math.round(value)}ms` : `${Math.round(value / 1_000)}s`;
}

/** The two largest units. */
export function duration(value: number): string {
  const seconds = Math.floor(value / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)}d${hours % 24}h`;
  if (hours > 0) return `${hours}h${minutes % 60}m`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
