// The page of the metrics server, as its readers see it in a browser: each worker, connections as they come, a
// worker that is killed, a reload, an end of a seat; in light and in dark, and on a phone.

import { test } from 'tap';
import { ask } from '../fixtures/cluster-cli.js';
import { DESK, needsBrowser, openBrowser, untilShown } from '../fixtures/page.js';
import { openSupervisor } from '../fixtures/supervisor.js';

/** Run in the page. On a phone the table's head is for screen readers only. */
const LOOK = `(() => ({
  width: document.documentElement.scrollWidth,
  wide: [...document.querySelectorAll('body *')]
    .filter((one) => innerWidth > 600 || one.closest('thead') === null)
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.tagName + '#' + one.id),
  paper: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
  ready: getComputedStyle(document.querySelector('.life-ready')).fill,
}))()`;

interface Look {
  width: number;
  wide: string[];
  paper: string;
  ink: string;
  ready: string;
}

const cell = (seat: number, label: string): string =>
  `document.querySelector('[data-seat="${seat}"] [data-label="${label}"]')?.textContent`;
const figure = (name: string): string =>
  `[...document.querySelectorAll('#figures dt')].find((one) => one.textContent === '${name}')?.nextSibling.textContent`;
const lives = (seat: number, state: string): string =>
  `document.querySelectorAll('#timeline [data-seat="${seat}"][data-state="${state}"]').length`;

test('the page', needsBrowser, async (t) => {
  const browser = await openBrowser(t);

  await t.test('what happens is shown', async (t) => {
    const supervised = await openSupervisor(t, { workers: 3, minUptimeMs: 100, idleGraceMs: 0 });
    await supervised.call('start');
    const port = await supervised.call<number>('servePage');
    const url = `http://127.0.0.1:${port}/`;
    await browser.open(url, DESK);

    await untilShown(browser, 'three workers are ready', `${figure('ready')} === '3 of 3'`);
    for (const [seat, pid] of (await supervised.readyPids()).entries()) {
      t.equal(await browser.evaluate(cell(seat, 'pid')), String(pid));
      t.equal(await browser.evaluate(cell(seat, 'State')), '● ready');
      t.equal(await browser.evaluate(lives(seat, 'ready')), 1, `seat ${seat} is in the timeline`);
    }
    t.equal(await browser.evaluate('document.querySelector("#state").textContent'), '● Running');
    t.equal(await browser.evaluate(figure('accepted')), '0');

    for (let i = 0; i < 30; i++) await ask(supervised.port());
    await untilShown(browser, 'all connections are counted', `${figure('accepted')} === '30'`);
    const strips = `[...document.querySelectorAll('.strip svg')].map((one) => one.ariaLabel)`;
    await untilShown(
      browser,
      'each got some',
      `${strips}.every((text) => /^10 connections/.test(text))`,
    );

    const [, killed = 0] = await supervised.readyPids();
    process.kill(killed, 'SIGKILL');
    await untilShown(browser, 'its end is in the timeline', `${lives(1, 'exited')} === 1`);
    const title = 'document.querySelector(\'[data-state="exited"] title\').textContent';
    t.match(await browser.evaluate(title), `worker 1 (pid ${killed})`);
    t.match(await browser.evaluate(title), /after .*: SIGKILL \(exit\)/);
    t.match(
      await browser.evaluate('document.querySelector("#happenings").textContent'),
      `(pid ${killed}) ended by SIGKILL`,
    );
    await untilShown(browser, 'its successor serves', `${cell(1, 'State')} === '● ready'`);
    t.equal(await browser.evaluate(cell(1, 'Failures')), '1');

    const reload = supervised.call('reload');
    const text = 'document.querySelector("#reload-text").textContent';
    await untilShown(browser, 'how far the reload is', `/^Reload: \\d of 3 workers/.test(${text})`);
    await reload;
    await untilShown(browser, 'that it is done', `/^Reload done/.test(${text})`);
    t.equal(await browser.evaluate('document.querySelector("#reload-bar").value'), 3);
    await untilShown(browser, 'the old ones have ended', `${lives(0, 'exited')} === 1`);

    await browser.open('about:blank', DESK);
    t.same(browser.complaints.splice(0), [], 'nothing on the console');
    t.same(
      [...new Set(browser.requests.splice(0))].filter((one) => !one.startsWith('data:')),
      [url, `${url}events`],
    );
  });

  await t.test('in light and dark, at a desk and on a phone', async (t) => {
    const supervised = await openSupervisor(t, { workers: 4 });
    await supervised.call('start');
    const url = `http://127.0.0.1:${await supervised.call<number>('servePage')}/`;
    const seen = new Map<string, Look>();
    for (const width of [375, 1280]) {
      for (const scheme of ['light', 'dark'] as const) {
        await browser.open(url, { width, height: 800, scheme, motion: 'reduce' });
        await untilShown(
          browser,
          'the workers',
          'document.querySelectorAll("#seats tr").length === 4',
        );
        const look = (await browser.evaluate(LOOK)) as Look;
        t.ok(look.width <= width, `no wider than the screen: ${look.width} of ${width}`);
        t.same(look.wide, [], 'nothing is beyond it');
        seen.set(`${width} ${scheme}`, look);
      }
    }
    for (const part of ['paper', 'ink', 'ready'] as const) {
      t.not(
        seen.get('375 light')?.[part],
        seen.get('375 dark')?.[part],
        `another ${part} in the dark`,
      );
    }
    await browser.open('about:blank', DESK);
    t.same(browser.complaints.splice(0), [], 'nothing on the console');
  });

  await t.test('what a worker writes is text', async (t) => {
    const evil = '<img src=x onerror="document.title=1">';
    const env = { APP_FAILS_SEAT: '1', APP_FAILS_AFTER_MS: '0', APP_FAILS_SAYING: evil };
    const supervised = await openSupervisor(t, { workers: 2, maxRestarts: 0 }, env);
    const port = await supervised.call<number>('servePage');
    await browser.open(`http://127.0.0.1:${port}/`, DESK);
    await supervised.call('start');
    const state = 'document.querySelector("#state").textContent';
    await untilShown(browser, 'it is degraded', `${state} === "▲ Degraded"`);
    t.equal(await browser.evaluate('document.querySelector("#happenings pre").textContent'), evil);
    t.equal(await browser.evaluate('document.querySelectorAll("img").length'), 0);
    t.equal(await browser.evaluate(cell(1, 'State')), '✕ stopped');
    await browser.open('about:blank', DESK);
    t.same(browser.complaints.splice(0), []);
  });
});
