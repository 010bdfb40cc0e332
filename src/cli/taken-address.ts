/** What is said of an address that is in use: by whom, and what can be done about it. */

import path from 'node:path';
import { holderOf, isLeftBehind, takenAddressIn } from '../service/port-holder.js';
import { isRondo } from '../service/processes.js';

/** `output` has the program's error; null if it is another one, or nobody can be seen. */
export function takenAddress(output: string, file: string): string | null {
  const address = takenAddressIn(output);
  if (address === null) return null;
  if (isLeftBehind(address)) return `${address} is there, but nobody listens at it: remove it`;
  const holder = holderOf(address);
  if (holder === null) return null;
  const { pid, command } = holder;
  const isSame = isRondo(command) && command.some((word) => isFile(word, file));
  const whose = isSame ? ", another 'rondo start' of this program" : '';
  return `${address} is held by process ${pid}${whose}: ${command.join(' ')}`;
}

function isFile(word: string, file: string): boolean {
  return path.basename(word) === path.basename(file);
}
