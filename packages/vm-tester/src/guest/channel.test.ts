import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { GuestChannel } from './channel.ts';

/** A channel, and the port of the guest's that it leads to. */
function channelTo(nonce: string) {
  const sent: string[] = [];
  const port = new Duplex({
    read() {},
    write(chunk, _, done) {
      sent.push(String(chunk));
      done();
    },
  });
  const hellos: string[] = [];
  return { port, sent, hellos, channel: new GuestChannel(port, nonce, () => hellos.push(nonce)) };
}

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a guest that resets amid an answer is heard again when it greets, and what ran is lost', async () => {
  const { port, hellos, channel } = channelTo('abc');
  port.push('HELLO abc\n');
  await settled();
  const lost = channel.run('one', Buffer.alloc(0), never);
  port.push('DONE 1 0 100 0\nhalf of what it');
  await settled();
  channel.reset();
  await expect(lost).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
  expect(channel.open).toBe(false);
  port.push('HELLO abc\n');
  await settled();
  expect([channel.open, hellos.length]).toEqual([true, 2]);
  const answer = channel.run('two', Buffer.alloc(0), never);
  port.push('DONE 2 0 2 0\nok');
  expect(String((await answer).stdout)).toBe('ok');
});

test('who greets with another nonce is not our agent', async () => {
  const { port, channel } = channelTo('abc');
  port.push('HELLO abd\n');
  await settled();
  expect(channel.open).toBe(false);
  await expect(channel.run('one', Buffer.alloc(0), never)).rejects.toMatchObject({ code: 'GUEST_UNREACHABLE' });
});

test('a command that is aborted is killed in the guest', async () => {
  const { port, sent, channel } = channelTo('abc');
  port.push('HELLO abc\n');
  await settled();
  const controller = new AbortController();
  const running = channel.run('one', Buffer.from('in'), controller.signal);
  controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  expect(sent).toEqual(['RUN 1 3 2\nonein', 'KILL 1\n']);
  expect(channel.pending).toBe(0);
});
