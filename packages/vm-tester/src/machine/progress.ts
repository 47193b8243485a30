import type { Display } from '../screen/display.ts';
import { whenStuck } from '../host/deadline.ts';
import { showsKernel } from '../qemu/registers.ts';
import { phaseIndex } from '../verdict/verdict.ts';
import type { Session } from './session.ts';

const LOOK_EVERY_MS = 3_000;
/** While the serial console speaks, the screen shows nothing that it does not: only one that has fallen silent is read. */
const SILENT_MS = 5_000;

/** What ended a wait instead of its goal. */
export type Interruption = 'fatal' | 'exit' | 'overdue';

/** One of the goals, or what came first instead: a fatal finding, QEMU's end, or no progress in time. */
export async function during<Goal extends string>(
  session: Session,
  goals: Promise<Goal>[],
): Promise<Goal | Interruption> {
  const { signal } = session.options;
  session.monitor.waits(session.now());
  using overdue = whenStuck({
    progressAtMs: () => session.monitor.progressAtMs,
    lostMs: session.lostMs,
    isOverdue(lostMs) {
      session.monitor.quiet(session.now());
      return session.monitor.overdue(session.now(), lostMs);
    },
  });
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const ended = await Promise.race([
      ...goals,
      session.fatal.then(() => 'fatal' as const),
      session.qemu.exited.then(() => 'exit' as const),
      overdue.promise,
      aborted.promise,
    ]);
    // Only now: a machine that is let go of after the wait ends, too.
    return ended === 'exit' ? await exited(session) : ended;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** QEMU ends. Unless the guest powered the machine off, somebody or something else did: the image is not judged. */
export async function exited(session: Session): Promise<'exit'> {
  const status = await session.qemu.exited;
  session.channel.close();
  if (!session.monitor.fatal && (status !== 0 || !session.poweredOff)) {
    const line = `QEMU ended with ${status}: ${session.qemu.stderr || 'no message'}`;
    session.blameInfra('infra:qemu', { source: 'process', atMs: session.now(), line, detector: 'qemu-exit' });
  }
  return 'exit';
}

/** A kernel that says nothing on the serial line (a boot menu without console=ttyS0, or `quiet`) still shows itself. */
export function lookForKernel(session: Session): Disposable {
  return lookEvery(LOOK_EVERY_MS, async () => {
    if (session.rebooting || phaseIndex(session.monitor.phase) >= phaseIndex('kernel')) return;
    if (await runsKernel(session)) session.monitor.enter('kernel', session.now());
  });
}

/** Looks at a machine again and again, one look at a time, until one of them fails: then the machine is off. */
export function lookEvery(everyMs: number, look: () => Promise<void>): Disposable {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => clearInterval(timer))
      .finally(() => (looking = false));
  }, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Does a CPU run a kernel, or a program of its user space? */
export async function runsKernel(session: Session): Promise<boolean> {
  return showsKernel(String(await session.qmp('human-monitor-command', { 'command-line': 'info registers' })));
}

/**
 * Reads the text screen until the guest is reached: firmware and boot loaders of many media write nowhere else, and
 * neither does a kernel without console=ttyS0, nor an initramfs whose console is another than the kernel's.
 */
export function readScreen(session: Session, display: Pick<Display, 'consoleText'>): Disposable {
  return lookEvery(LOOK_EVERY_MS, async () => {
    const { serialHeardAtMs } = session.monitor;
    if (serialHeardAtMs !== undefined && session.now() - serialHeardAtMs < SILENT_MS) return;
    const text = await display.consoleText();
    if (text !== undefined && !session.rebooting) session.monitor.screen(text.split('\n'), session.now());
  });
}
