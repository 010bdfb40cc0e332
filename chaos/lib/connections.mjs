// How many connections a process has, as the kernel sees it: what the server says of itself proves nothing.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Sockets but for those of Unix, which lead to the primary. Exact if the process stands still or is stuck;
 * 0 if it is gone.
 * @param {number} pid
 */
export function connectionsOf(pid) {
  const lines = readFileSync('/proc/net/unix', 'latin1').split('\n');
  const unix = new Set(lines.map((line) => line.trim().split(/ +/)[6]));
  return socketsOf(pid).filter((inode) => !unix.has(inode)).length;
}

/**
 * Their inodes.
 * @param {number} pid
 */
function socketsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return [];
  }
}
