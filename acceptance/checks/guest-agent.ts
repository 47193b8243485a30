import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from '@phyllome/vm-tester';

/** The port that an agent is started for, and answers at (qemu-ga(8)). */
const PORT = 'org.qemu.guest_agent.0';

/** From the port's appearance to the agent's answer. */
const ANSWER_MS = 30_000;
const ASK_EVERY_MS = 1_000;

/**
 * Plugs in the port that a host such as libvirt talks to the guest's agent by, and asks whether anybody is there.
 *
 * @throws {Error} when there is no answer in time
 */
export async function pingGuestAgent(vm: Machine): Promise<void> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'guest-agent-'));
  const path = join(directory.path, 'socket');
  const socket = { type: 'unix', data: { path } };
  await vm.qmp('chardev-add', {
    id: 'guest-agent',
    backend: { type: 'socket', data: { addr: socket, server: true, wait: false } },
  });
  await vm.qmp('device_add', { driver: 'virtserialport', chardev: 'guest-agent', name: PORT });

  const deadline = performance.now() + ANSWER_MS * vm.host.timeScale;
  const stream = connect(path);
  try {
    await once(stream, 'connect');
    let heard = '';
    stream.setEncoding('utf8').on('data', (text: string) => (heard += text));
    // A machine that is gone is reported by whatever waits for it.
    stream.on('error', () => {});
    // What is sent before the agent listens may be lost: it is asked again.
    while (!heard.includes('{"return": {}}')) {
      if (stream.destroyed || performance.now() > deadline) {
        throw new Error(`no answer at ${PORT}: ${heard || 'silence'}`);
      }
      stream.write('{"execute": "guest-ping"}\n');
      await sleep(ASK_EVERY_MS);
    }
  } finally {
    stream.destroy();
  }
}
