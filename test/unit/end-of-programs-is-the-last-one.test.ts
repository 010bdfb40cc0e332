// Of several programs the service manager is asked for more time until the last one has had its own: each says how long
// that is when it begins to stop, which may be before all of them do, and nobody knows it while its stop is delayed.

import { mock } from 'node:test';
import { test } from 'tap';
import { EndOfPrograms, Extension } from '../../dist/service/timeouts.js';

const SECOND = 1_000;

/** Is asked within so much time, if at all. */
const EVERY = 5 * SECOND;

function open() {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  let now = 0;
  let asked = 0;
  const end = new EndOfPrograms(new Extension(() => asked++), () => now);
  const pass = (ms: number): void => {
    now += ms;
    mock.timers.tick(ms);
  };
  return {
    end,
    pass,
    isAsking(): boolean {
      const before = asked;
      pass(EVERY);
      return asked > before;
    },
  };
}

const [web, api] = [{}, {}];

for (const [name, run] of Object.entries({
  'one that says nothing has a minute'({ end, pass, isAsking }) {
    end.begin();
    pass(50 * SECOND);
    const inTime = isAsking();
    pass(5 * SECOND);
    return [inTime, isAsking()];
  },
  'the longest counts'({ end, pass, isAsking }) {
    end.begin();
    end.note(web, 200 * SECOND);
    end.note(api, 30 * SECOND);
    pass(190 * SECOND);
    const inTime = isAsking();
    pass(5 * SECOND);
    return [inTime, isAsking()];
  },
  'also of one that has begun before'({ end, pass, isAsking }) {
    end.note(web, 200 * SECOND);
    pass(10 * SECOND);
    end.begin();
    end.note(api, 30 * SECOND);
    pass(180 * SECOND);
    const inTime = isAsking();
    pass(5 * SECOND);
    return [inTime, isAsking()];
  },
  'a delay has no end of its own, whoever else is about to end'({ end, pass, isAsking }) {
    end.note(web, null);
    end.begin();
    end.note(api, 30 * SECOND);
    pass(600 * SECOND);
    const inTime = isAsking();
    end.note(web, 20 * SECOND);
    pass(15 * SECOND);
    const inItsTime = isAsking();
    pass(5 * SECOND);
    return [inTime && inItsTime, isAsking()];
  },
  'one that says late how long it takes is heard'({ end, pass, isAsking }) {
    end.begin();
    pass(100 * SECOND);
    end.note(web, 60 * SECOND);
    const inTime = isAsking();
    pass(60 * SECOND);
    return [inTime, isAsking()];
  },
  'one that has ended does not count'({ end, pass, isAsking }) {
    end.note(web, null);
    end.begin();
    pass(100 * SECOND);
    const inTime = isAsking();
    end.forget(web);
    return [inTime, isAsking()];
  },
} satisfies Record<string, (opened: ReturnType<typeof open>) => boolean[]>)) {
  test(name, async (t) => {
    const opened = open();
    t.teardown(() => mock.timers.reset());
    t.strictSame(run(opened), [true, false]);
  });
}
