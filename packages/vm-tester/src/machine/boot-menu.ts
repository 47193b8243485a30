import { diskOperations } from '../verdict/activity.ts';
import { phaseIndex } from '../verdict/verdict.ts';
import type { Display } from '../screen/display.ts';
import { STILL_SHARE, differingShare, isBlank } from '../screen/screen.ts';
import type { Screen } from '../screen/screen.ts';
import { lookEvery } from './progress.ts';
import type { Session } from './session.ts';

const LOOK_EVERY_MS = 3_000;
/** A menu with a countdown shows its seconds, and a boot loader at work reads its disk. */
const WAITS_MS = 15_000;

/** A moment before the kernel. */
interface Look {
  screen: Screen;
  operations: number;
  atMs: number;
  /** Of the time up to then, what others on the host had. */
  lostMs: number;
}

/**
 * Presses Enter once at a boot menu that waits for a person: media of many distributions have one, and its first entry is
 * their purpose. Menus look different everywhere, so this goes by what all have in common: the screen shows something and
 * does not change for a while, and no disk is read. Where a kernel follows, the report says that Enter was pressed.
 */
export function answerBootMenu(session: Session, display: Pick<Display, 'screen' | 'press'>): Disposable {
  const { image, bootMenu } = session.options;
  const { monitor } = session;
  // A network is silent while it brings something, and QEMU starts a kernel of its own without a menu.
  if (bootMenu !== 'enter' || 'netboot' in image || 'kernel' in image) return { [Symbol.dispose]() {} };
  const beforeKernel = () => phaseIndex(monitor.phase) < phaseIndex('kernel');
  let first: Look | undefined;
  let pressedAtMs: number | undefined;
  const looks = lookEvery(LOOK_EVERY_MS, async () => {
    if (session.rebooting || pressedAtMs !== undefined || !beforeKernel()) return;
    const operations = await diskOperations((command) => session.qmp(command));
    const now: Look = { screen: await display.screen(), operations, atMs: session.now(), lostMs: session.lostMs() };
    if (first === undefined || isBlank(now.screen) || !isSame(first, now)) first = now;
    if (now.atMs - first.atMs - (now.lostMs - first.lostMs) < WAITS_MS || !beforeKernel()) return;
    pressedAtMs = now.atMs;
    await display.press(['ret']);
  });
  return {
    [Symbol.dispose]() {
      looks[Symbol.dispose]();
      if (pressedAtMs === undefined || beforeKernel()) return;
      const line = `its boot menu waits for a person: Enter was pressed ${Math.round(pressedAtMs / 1000)} s after power-on`;
      monitor.add('warn', 'waiting', { source: 'host', atMs: pressedAtMs, line, detector: 'boot-menu' });
    },
  };
}

const isSame = (one: Look, other: Look): boolean =>
  one.operations === other.operations && differingShare(one.screen, other.screen) <= STILL_SHARE;
