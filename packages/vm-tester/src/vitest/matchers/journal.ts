import { allowance, checkAllowList } from '../../verdict/allow.ts';
import type { Allow } from '../../verdict/allow.ts';
import type { JournalEntry } from '../../guest/journal.ts';
import type { JournalQuery } from '../../guest/journal-store.ts';
import type { Machine } from '../../machine/machine.ts';
import { aboutMachine, some } from '../answer.ts';
import type { Answer } from '../answer.ts';

const PRIORITY_ERROR = 3;

/** systemd-coredump's MESSAGE_ID (`journalctl --catalog`, SD_MESSAGE_COREDUMP). */
const COREDUMP = 'fc2e22bc6ee647b6b90729ab34a250b1';

async function lines(
  machine: Machine,
  query: JournalQuery,
  keep: (entry: JournalEntry) => boolean = () => true,
): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of machine.journal(query)) {
    if (keep(entry)) found.push(`${entry.identifier || entry.transport}: ${entry.message}`);
  }
  return found;
}

/** What is allowed does not count; of what no longer is, the line says so. */
function none(found: string[], what: string, allow: readonly Allow[]): Answer {
  checkAllowList(allow);
  const left = found.flatMap((line) => {
    const known = allowance(line, allow);
    return known?.allowed ? [] : [known ? `${line} (${known.note})` : line];
  });
  return {
    pass: left.length === 0,
    expected: `to have no ${what}`,
    actual: left.length === 0 ? 'it has none' : `there are${some(left)}`,
  };
}

export const toHaveNoJournalErrors = aboutMachine(async (machine, { allow = [] }: { allow?: Allow[] } = {}) =>
  none(await lines(machine, { priority: PRIORITY_ERROR }), 'errors in its journal', allow),
);

/** Of SELinux, as the audit subsystem reports them; also those that a permissive domain was let off. */
export const toHaveNoDenials = aboutMachine(async (machine, { allow = [] }: { allow?: Allow[] } = {}) =>
  none(await lines(machine, { grep: /\bavc:\s+denied\b/i }), 'SELinux denials', allow),
);

/** As the kernel, systemd-coredump or a unit's end report them, and what systemd-coredump has stored. */
export const toHaveNoCoredumps = aboutMachine(async (machine, { allow = [] }: { allow?: Allow[] } = {}) => {
  const reported = await lines(
    machine,
    {},
    ({ message, messageId, identifier }) =>
      messageId === COREDUMP ||
      /\bcode=dumped\b/.test(message) ||
      (identifier === 'kernel' && /: segfault at | trap invalid opcode /.test(message)),
  );
  const stored = (await machine.succeed('ls /var/lib/systemd/coredump 2>/dev/null || true'))
    .split('\n')
    .filter(Boolean);
  return none([...reported, ...stored.map((name) => `/var/lib/systemd/coredump/${name}`)], 'core dumps', allow);
});
