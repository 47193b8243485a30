import { join } from 'node:path';
import { buildIso, openEngine } from '../../src/index.ts';
import { puppetBuild, puppetBuilder } from './puppet.ts';

/** A build in a process of its own: says which phase it is in. PUPPET_ACTION: what the puppet does; else it hangs. */
const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => controller.abort(new Error(name)));

const folder = process.env['PUPPET_FOLDER'] ?? '';
await using engine = await openEngine({ env: process.env });
await using build = buildIso({
  ...puppetBuild(folder, process.env['PUPPET_ACTION'] ?? 'hang'),
  engine,
  builder: await puppetBuilder(folder),
  destination: join(folder, 'killed'),
  signal: controller.signal,
});
console.log(engine.endpoint);
for await (const event of build.events()) {
  if (event.type === 'phase') console.log(event.phase);
  if (event.type === 'waiting' || event.type === 'done') console.log(JSON.stringify(event));
}
console.log(JSON.stringify({ shared: (await build.result).shared }));
