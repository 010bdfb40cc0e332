// The page says when nobody answers, and goes on when a primary does again: the same one, or another one at the
// same address after a restart or an upgrade.

import { test } from 'tap';
import { DESK, needsBrowser, openBrowser, untilShown } from '../fixtures/page.js';
import { openSupervisor } from '../fixtures/supervisor.js';

const LIVE = 'document.querySelector("#connection").textContent === "● live"';
const NOTICE = '!document.querySelector("#notice").hidden';

test('after the end of a primary', needsBrowser, async (t) => {
  const first = await openSupervisor(t, { workers: 1 });
  await first.call('start');
  const port = await first.call<number>('servePage');
  const browser = await openBrowser(t);
  await browser.open(`http://127.0.0.1:${port}/`, DESK);
  await untilShown(browser, 'it is live', LIVE);

  await first.call('closePage');
  await untilShown(browser, 'that it is not', NOTICE);
  t.match(
    await browser.evaluate('document.querySelector("#notice").textContent'),
    /^Not connected to the primary; trying again. What is shown is of \d\d:\d\d:\d\d\.$/,
  );
  await first.call('servePage', port);
  await untilShown(browser, 'the same one', LIVE);

  first.child.kill('SIGKILL');
  await untilShown(browser, 'that it has ended', NOTICE);
  const second = await openSupervisor(t, { workers: 2 });
  await second.call('start');
  await second.call('servePage', port);
  await untilShown(browser, 'the other one', LIVE);
  const versions = 'document.querySelector("#versions").textContent';
  await untilShown(browser, 'its pid', `${versions}.includes("pid ${second.pid} ")`);
  const events = 'document.querySelector("#happenings").textContent';
  t.match(await browser.evaluate(events), `pid ${second.pid} after ${first.pid}`);
  await untilShown(browser, 'its workers', 'document.querySelectorAll("#seats tr").length === 2');
});
