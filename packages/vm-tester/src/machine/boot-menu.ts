import { diskOperations } from '../verdict/activity.ts';
import { phaseIndex } from '../verdict/verdict.ts';
import type { Display } from '../screen/display.ts';
import { STILL_SHARE, differingShare, isBlank } from '../screen/screen.ts';
import type { Screen } from '../screen/screen.ts';
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
  const { monitor, now, lostMs } = session;
  // A network is silent while it brings something, and QEMU starts a kernel of its own without a menu.
  if (bootMenu !== 'enter' || 'netboot' in image || 'kernel' in image) return { [Symbol.dispose]() {} };
  let first: Look | undefined;
  let pressedAtMs: number | undefined;
  const look = async () => {
    const operations = await diskOperations((command) => session.qmp(command));
    const screen = await display.screen();
    const same =
      first !== undefined &&
      first.operations === operations &&
      !isBlank(screen) &&
      differingShare(first.screen, screen) <= STILL_SHARE;
    first = same ? first : { screen, operations, atMs: now(), lostMs: lostMs() };
    const waitedMs = now() - (first?.atMs ?? 0) - (lostMs() - (first?.lostMs ?? 0));
    if (waitedMs < WAITS_MS || !beforeKernel()) return;
    pressedAtMs = now();
    await display.press(['ret']);
  };
  const beforeKernel = () => phaseIndex(monitor.phase) < phaseIndex('kernel');
  let busy = false;
  const timer = setInterval(() => {
    if (!beforeKernel() || pressedAtMs !== undefined) clearInterval(timer);
    else if (!busy && !session.rebooting) {
      busy = true;
      look()
        .catch(() => clearInterval(timer)) // the machine is off
        .finally(() => (busy = false));
    }
  }, LOOK_EVERY_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      if (pressedAtMs === undefined || beforeKernel()) return;
      const line = `its boot menu waits for a person: Enter was pressed ${Math.round(pressedAtMs / 1000)} s after power-on`;
      monitor.add('warn', 'waiting', { source: 'host', atMs: pressedAtMs, line, detector: 'boot-menu' });
    },
  };
}
