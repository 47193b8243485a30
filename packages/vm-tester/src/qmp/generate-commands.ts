/**
 * Writes commands.ts: the types of the QMP commands below, as this machine's QEMU itself describes them
 * (`query-qmp-schema`, QEMU's docs/devel/qapi-code-gen.rst, "Client introspection").
 *
 *   node src/qmp/generate-commands.ts
 */
import { editionArchitecture } from '@phyllome/host/architecture';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import * as z from 'zod';
import { QmpClient } from './client.ts';

/** What a test may want of a machine. Those that build machines, as blockdev-add, have hundreds of types. */
const COMMANDS = [
  'balloon',
  'blockdev-close-tray',
  'blockdev-open-tray',
  'cont',
  'device_del',
  'dump-guest-memory',
  'eject',
  'human-monitor-command',
  'inject-nmi',
  'input-send-event',
  'job-cancel',
  'job-dismiss',
  'memsave',
  'pmemsave',
  'qom-get',
  'qom-list',
  'qom-set',
  'query-balloon',
  'query-blockstats',
  'query-chardev',
  'query-cpus-fast',
  'query-jobs',
  'query-kvm',
  'query-memory-size-summary',
  'query-mice',
  'query-pci',
  'query-rx-filter',
  'query-status',
  'query-tpm',
  'query-version',
  'query-vnc',
  'quit',
  'screendump',
  'send-key',
  'set-action',
  'set_link',
  'snapshot-delete',
  'snapshot-load',
  'snapshot-save',
  'stop',
  'system_powerdown',
  'system_reset',
  'system_wakeup',
  'watchdog-set-action',
];

const Member = z.object({ name: z.string(), type: z.string(), default: z.unknown().optional() });
const Entity = z.discriminatedUnion('meta-type', [
  z.object({ 'meta-type': z.literal('builtin'), name: z.string(), 'json-type': z.string() }),
  z.object({ 'meta-type': z.literal('enum'), name: z.string(), members: z.array(z.object({ name: z.string() })) }),
  z.object({ 'meta-type': z.literal('array'), name: z.string(), 'element-type': z.string() }),
  z.object({
    'meta-type': z.literal('object'),
    name: z.string(),
    members: z.array(Member),
    tag: z.string().optional(),
    variants: z.array(z.object({ case: z.string(), type: z.string() })).default([]),
  }),
  z.object({ 'meta-type': z.literal('alternate'), name: z.string(), members: z.array(z.object({ type: z.string() })) }),
  z.object({ 'meta-type': z.literal('command'), name: z.string(), 'arg-type': z.string(), 'ret-type': z.string() }),
  z.object({ 'meta-type': z.literal('event'), name: z.string() }),
]);
type Entity = z.infer<typeof Entity>;

/** QEMU's schema, of a machine with nothing in it. */
async function askQemu(): Promise<{ version: string; entities: Entity[] }> {
  const words = ['-nodefaults', '-display', 'none', '-machine', 'q35', '-accel', 'tcg', '-S', '-qmp', 'stdio'];
  const child = spawn(editionArchitecture.qemu, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const qmp = await QmpClient.connect(Duplex.from({ readable: child.stdout, writable: child.stdin }));
  const Version = z.object({ qemu: z.object({ major: z.number(), minor: z.number() }) });
  const { qemu } = Version.parse(await qmp.execute('query-version'));
  const entities = z.array(Entity).parse(await qmp.execute('query-qmp-schema'));
  await qmp.execute('quit');
  return { version: `${qemu.major}.${qemu.minor}`, entities };
}

const { version, entities } = await askQemu();
const byName = new Map(entities.map((entity) => [`${entity['meta-type'] === 'command'} ${entity.name}`, entity]));

/** `within`: the types that this one is inside of; one that holds itself is not written out for ever. */
function typescript(name: string, within: readonly string[] = []): string {
  const entity = byName.get(`false ${name}`);
  if (!entity || within.includes(name)) return 'unknown';
  const inner = (type: string): string => typescript(type, [...within, name]);
  switch (entity['meta-type']) {
    case 'builtin': {
      const types: Record<string, string> = { int: 'number', number: 'number', string: 'string', boolean: 'boolean' };
      return types[entity['json-type']] ?? (entity['json-type'] === 'null' ? 'null' : 'unknown');
    }
    case 'enum':
      return entity.members.map((member) => `'${member.name}'`).join(' | ');
    case 'array':
      return `readonly (${inner(entity['element-type'])})[]`;
    case 'alternate':
      return entity.members.map(({ type }) => `(${inner(type)})`).join(' | ');
    case 'object':
      return object(entity, inner);
    default:
      return 'unknown'; // a command or an event is not a type
  }
}

function object(entity: Extract<Entity, { 'meta-type': 'object' }>, inner: (type: string) => string): string {
  const { members, tag, variants } = entity;
  const field = ({ name, type, default: fallback }: z.infer<typeof Member>) =>
    `'${name}'${fallback === undefined ? '' : '?'}: ${inner(type)}`;
  const own = `{ ${members
    .filter(({ name }) => name !== tag)
    .map(field)
    .join('; ')} }`;
  if (tag === undefined) return own;
  const cases = variants.map(({ case: value, type }) => `({ '${tag}': '${value}' } & ${inner(type)})`);
  const tagType = members.find(({ name }) => name === tag);
  const others = tagType && cases.length > 0 ? cases.join(' | ') : `{ ${tagType ? field(tagType) : ''} }`;
  return `${own} & (${others})`;
}

const lines = COMMANDS.flatMap((name) => {
  const command = byName.get(`true ${name}`);
  if (command?.['meta-type'] !== 'command') throw new Error(`QEMU ${version} has no command ${name}`);
  return [`'${name}': { args: ${typescript(command['arg-type'])}; returns: ${typescript(command['ret-type'])} };`];
});
const text = `/** Generated by generate-commands.ts from what QEMU ${version} says of itself: the arguments and results of QMP commands. */
export interface QmpCommands {
${lines.join('\n')}
}
`;
writeFileSync(join(import.meta.dirname, 'commands.ts'), text);
