import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellQuote } from '@phyllome/host';
import { VmTesterError } from '../errors.ts';
import { CHANNEL_PORT, JOURNAL_PORT } from './credentials.ts';
import type { Login } from '../machine/options.ts';
import type { Session } from '../machine/session.ts';
import { waitFor } from '../machine/wait.ts';

/** Short enough for a terminal's line, and for a serial port's buffer. */
const CHUNK_CHARS = 500;
const LOGIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Logs in on the serial console and starts our agent from there, which then works as if it had come by credentials. It
 * is for guests whose systemd does not take any, or that have none.
 * @throws {VmTesterError} WAIT_TIMEOUT, LOGIN_FAILED
 */
export async function logIn(session: Session, login: Login): Promise<void> {
  const tty = await enter(session, login);
  await startAgent(session, tty);
  tty.write('exit\n');
}

/**
 * Logs in on the serial console as a person does, and out again: that somebody can is what this shows, as PAM may refuse
 * everybody while every service runs.
 * @throws {VmTesterError} WAIT_TIMEOUT, LOGIN_FAILED
 */
export async function checkLogin(session: Session, login: Login): Promise<void> {
  const tty = await enter(session, login);
  tty.write('exit\n');
}

async function enter(session: Session, { user, password }: Login): Promise<Terminal> {
  const tty = new Terminal(session);
  tty.write(`${user}\n`);
  const asked = await tty.expect(/[Pp]assword: *$|Login incorrect|[#$%>] ?$/);
  if (/assword/.test(asked)) {
    if (password === undefined) throw failed(`${user} is asked for a password`);
    tty.write(`${password}\n`);
  } else if (/incorrect/.test(asked)) {
    throw failed(`${user} is not let in`);
  }
  await tty.shell();
  return tty;
}

async function startAgent(session: Session, tty: Terminal): Promise<void> {
  const agent = readFileSync(join(import.meta.dirname, 'agent.sh')).toString('base64');
  await tty.run('stty -echo; agent=$(mktemp)');
  for (let at = 0; at < agent.length; at += CHUNK_CHARS) {
    await tty.run(`printf %s ${agent.slice(at, at + CHUNK_CHARS)} >>"$agent"`);
  }
  await tty.run(`[ "$(id -u)" = 0 ] && as= || as='sudo -n'`);
  await tty.run(`$as sh -c ${shellQuote(INSTALL)} "$agent"; rm -f "$agent"`);
  for (const [name, args] of [
    ['vmt-channel', `channel ${CHANNEL_PORT} ${session.nonce}`],
    ['vmt-journal', `journal ${JOURNAL_PORT}`],
  ] as const) {
    await tty.run(`$as sh -c ${shellQuote(START)} ${name} ${args}`);
  }
}

const HOME = '/run/vmt-agent';
const INSTALL = `mkdir -p ${HOME} && base64 -d <"$0" >${HOME}/agent.sh`;

/** As a service, so that it outlives the login; without systemd as a process of its own. */
const START = `if command -v systemd-run >/dev/null; then
  systemd-run --quiet --collect --unit="$0" --property=DefaultDependencies=no --property=IgnoreOnIsolate=yes \
    --property=Restart=always --property=RestartSec=1 --property=StandardOutput=null sh ${HOME}/agent.sh "$@"
else
  setsid sh ${HOME}/agent.sh "$@" </dev/null >/dev/null 2>&1 &
fi`;

/** The serial console as an expect(1) script sees it: what comes after what was last waited for. */
class Terminal {
  readonly #session: Session;
  #from: number;

  constructor(session: Session) {
    this.#session = session;
    this.#from = session.serial.end;
  }

  write(text: string): void {
    this.#session.qemu.links.serial.write(text.replaceAll('\n', '\r'));
  }

  async expect(pattern: RegExp): Promise<string> {
    const what = `the serial console shows ${pattern}`;
    return await waitFor(
      this.#session,
      what,
      { timeoutMs: LOGIN_MS },
      () => {
        const text = this.#session.serial.since(this.#from);
        const match = pattern.exec(text);
        if (!match) return Promise.resolve({ state: JSON.stringify(text.slice(-300)) });
        this.#from += match.index + match[0].length;
        return Promise.resolve({ value: match[0] });
      },
      LOOK_EVERY_MS,
    );
  }

  /** Runs a line, and waits until the shell has. The kernel's messages may come between. */
  async run(line: string): Promise<void> {
    const token = randomBytes(4).toString('hex');
    // Not the word that is waited for: the terminal echoes what is typed.
    this.write(`${line}\necho "vmt"-${token}\n`);
    await this.expect(new RegExp(`vmt-${token}`));
  }

  /** Waits for a shell that obeys. */
  async shell(): Promise<void> {
    const token = randomBytes(4).toString('hex');
    this.write(`echo "vmt"-${token}\n`);
    const answer = await this.expect(new RegExp(`vmt-${token}|Login incorrect|Permission denied`));
    if (!answer.startsWith('vmt')) throw failed(answer);
  }
}

function failed(what: string): VmTesterError {
  return new VmTesterError('LOGIN_FAILED', `cannot log in on the serial console: ${what}`, {
    hint: 'give the option login: { user, password }, of root or of a user who may sudo without a password',
  });
}
