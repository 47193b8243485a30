import { Resolver } from 'node:dns/promises';
import { expect, test } from 'vitest';
import { KNOWN_ADDRESS, startNameServer } from './checks/name-server.ts';

test('the name server of the checks knows one address for every name, and no other record', async () => {
  await using server = await startNameServer();
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
  expect(await resolver.resolve4('phyllome.example.com')).toEqual([KNOWN_ADDRESS]);
  await expect(resolver.resolve6('phyllome.example.com')).rejects.toMatchObject({ code: 'ENODATA' });
});
