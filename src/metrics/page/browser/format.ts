/** Numbers as an operator reads them. What is not known is a dash. */

const UNKNOWN = '–';

export function count(value: number | null): string {
  return value === null ? UNKNOWN : Math.round(value).toLocaleString('en');
}

export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  return value > 0 && value < 10 ? value.toFixed(1) : count(value);
}

export function percent(share: number | null): string {
  return share === null ? UNKNOWN : `${Math.round(share * 100)} %`;
}

export function megabytes(bytes: number | null): string {
  return bytes === null ? UNKNOWN : `${count(bytes / 1e6)} MB`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value < 1) return `${Math.round(value * 1_000)} µs`;
  if (value < 10) return `${value.toFixed(1)} ms`;
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

/** The two largest units. */
export function duration(value: number): string {
  const seconds = Math.floor(value / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** The time of day where the browser is. */
export function clock(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB');
}
