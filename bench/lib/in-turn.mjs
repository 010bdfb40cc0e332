// Workers one after another, without those that cannot be reached.

/**
 * A function that gives the next of `0 … count - 1` for which `isThere`, or undefined if there is none.
 * @param {number} count
 * @param {(index: number) => boolean} isThere
 */
export function turns(count, isThere) {
  let last = -1;
  return () => {
    for (let left = count; left > 0; left--) {
      last = (last + 1) % count;
      if (isThere(last)) return last;
    }
    return undefined;
  };
}

/**
 * Workers that connections are sent to by their message channels.
 * @param {number} count
 * @param {(index: number) => import('node:child_process').ChildProcess} start
 */
export function channelsInTurn(count, start) {
  const children = Array.from({ length: count }, (_, index) => start(index));
  const nextIndex = turns(count, (index) => children[index].connected);
  return {
    next() {
      const index = nextIndex();
      return index === undefined ? undefined : children[index];
    },
    /** @param {number} index */
    replace(index) {
      children[index] = start(index);
    },
  };
}
