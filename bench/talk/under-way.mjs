// For operations that call back: so many under way at a time.

/**
 * @param {number} ms
 * @param {number} underWay
 * @param {(done: () => void, index: number) => void} start
 * @returns {Promise<{ count: number }>} how many, when the last one has ended
 */
export function everyOne(ms, underWay, start) {
  return new Promise((resolve) => {
    const until = performance.now() + ms;
    let started = 0;
    let ended = 0;
    function next() {
      if (performance.now() < until) return start(onEnd, started++);
      if (ended === started) resolve({ count: ended });
    }
    function onEnd() {
      ended++;
      // What calls back at once must not fill the stack.
      setImmediate(next);
    }
    for (let i = 0; i < underWay; i++) next();
  });
}
