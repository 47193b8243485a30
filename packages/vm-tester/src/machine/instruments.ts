import { phaseIndex } from '../verdict/verdict.ts';
import type { Display } from '../screen/display.ts';
import { logIn } from '../guest/login.ts';
import type { Login, MachineOptions } from './options.ts';
import type { Instrument } from './events.ts';
import type { Session } from './session.ts';

type Chosen = Pick<MachineOptions, 'image' | 'instrument'>;

/** What must be in the machine before it starts; a login or nothing needs no preparation. */
export function instrumentBeforeBoot(options: Chosen): Extract<Instrument, 'credential' | 'initrd-inject'> | undefined {
  const { image, instrument = 'auto' } = options;
  if (instrument === 'credential' || instrument === 'initrd-inject') return instrument;
  if (instrument !== 'auto') return undefined;
  return 'kernel' in image && image.initrd !== undefined ? 'initrd-inject' : 'credential';
}

const LOOK_EVERY_MS = 500;
/** An agent that came with the machine is there long before a login prompt: it is given this much longer. */
const GRACE_MS = 2_000;

/** Waits until the guest can be instrumented, by whatever comes first of what the options allow. */
export function waitForInstrument(session: Session, display: Display): Disposable & { by: Promise<Instrument> } {
  const { instrument = 'auto', login } = session.options;
  const came = Promise.withResolvers<Instrument>();
  let loggedIn = false;
  let looking = false;
  void session.ready.then(() =>
    came.resolve(loggedIn ? 'serial-login' : (instrumentBeforeBoot(session.options) ?? 'serial-login')),
  );

  const who: Login | undefined = login ?? (instrument === 'serial-login' ? { user: 'root' } : undefined);
  let promptAtMs: number | undefined;
  const look = async () => {
    if (instrument === 'screen') {
      if (await isShown(session, display)) came.resolve('screen');
      return;
    }
    if (!who || loggedIn || !['auto', 'serial-login'].includes(instrument) || !session.monitor.loginPrompt) return;
    promptAtMs ??= session.now();
    const graceMs = instrument === 'auto' ? GRACE_MS * session.host.timeScale : 0;
    if (session.now() - promptAtMs < graceMs) return;
    loggedIn = true;
    await logIn(session, who);
  };
  const timer = setInterval(() => {
    if (looking || session.rebooting) return;
    looking = true;
    look()
      .catch((error: unknown) =>
        session.monitor.add('warn', 'infra:channel', {
          source: 'host',
          atMs: session.now(),
          line: error instanceof Error ? error.message : String(error),
          detector: 'instruments',
        }),
      )
      .finally(() => (looking = false));
  }, LOOK_EVERY_MS);
  return { by: came.promise, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Does a machine without our agent show what its user said it shows once it is up? */
async function isShown(session: Session, display: Display): Promise<boolean> {
  const { readyWhen } = session.options;
  if (readyWhen === undefined) return session.monitor.loginPrompt;
  if ('console' in readyWhen) return session.serial.text.search(readyWhen.console) >= 0;
  const early = 'text' in readyWhen && readyWhen.fromStart === true;
  if (!early && phaseIndex(session.monitor.phase) < phaseIndex('kernel')) return false;
  if ('text' in readyWhen) return (await display.text()).search(readyWhen.text) >= 0;
  return await display.shows(readyWhen.needle);
}
