import { badKey } from '../checks.js';

export function checkKey(key: unknown, mostBytes: number): asserts key is string {
  if (typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= mostBytes) return;
  throw badKey(key, mostBytes);
}
