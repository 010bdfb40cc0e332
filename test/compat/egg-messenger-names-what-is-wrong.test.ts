// Wrong messages, and a Supervisor that cannot be managed any more.

import { messenger } from 'rondo/compat/egg-messenger';
import { hub } from 'rondo/hub';
import { test } from 'tap';

test('a wrong message has an error that names what is wrong', async (t) => {
  const error = (option: string) => ({ code: 'ERR_RONDO_INVALID_OPTION', option });
  await hub.ready();
  t.equal(messenger.party, 'master', 'this process is the primary of its own');
  t.throws(() => messenger.send(''), error('action'));
  t.throws(() => messenger.send({ action: 1 } as never), error('action'));
  t.throws(() => messenger.send('a', 1, 'nobody' as never), error('to'));
  t.throws(() => messenger.sendTo('me', 'a'), error('pid'));
  t.throws(() => messenger.sendTo(-1, 'a'), error('pid'));
  t.throws(() => messenger.sendToApp('a', () => {}), { code: 'ERR_RONDO_HUB_VALUE' });
  t.equal(messenger.sendToApp('a', 1), messenger, 'each returns the messenger');
  messenger.close();
});
