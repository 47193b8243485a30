import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hostFactsSchema } from '../../src/host/facts.ts';
import { gatherHostFacts } from '../../src/host/gather.ts';
import { judgeHostFacts } from '../../src/host/judge.ts';

const say = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' }).trim();

test('the facts of this machine are what its own tools say', async () => {
  const facts = await gatherHostFacts();
  expect(hostFactsSchema.parse(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
  expect(facts).toMatchObject({
    architecture: say('uname', '-m'),
    kernel: say('uname', '-r'),
    user: { name: say('id', '-un'), root: say('id', '-u') === '0' },
  });
  expect(facts.user.groups.toSorted()).toEqual([...new Set(say('id', '-Gn').split(' '))].toSorted());
  expect(facts.kvm.device !== null).toBe(existsSync('/dev/kvm'));
  expect(facts.programs['qemu-img']).toBe(say('sh', '-c', 'command -v qemu-img'));
  expect(facts.disk.freeGiB).toBeGreaterThanOrEqual(0);
  expect(facts.memoryMiB).toBeGreaterThan(0);
  // A machine that runs these tests has all that they need.
  const statuses = Object.fromEntries(judgeHostFacts(facts).map(({ id, status }) => [id, status]));
  expect(statuses).toMatchObject({ architecture: 'ok', kernel: 'ok', ovmf: 'ok' });
});

test('without programs, they are missing, and nothing is asked of them', async () => {
  const facts = await gatherHostFacts({ env: { ...process.env, PATH: '/nowhere' } });
  expect(new Set(Object.values(facts.programs))).toEqual(new Set([null]));
  expect(facts.libvirt.answer).toBeNull();
  expect(facts.kvm.probe).toBeNull();
});
