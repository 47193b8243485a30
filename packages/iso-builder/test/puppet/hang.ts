import { join } from 'node:path';
import { buildIso, connectEngine } from '../../src/index.ts';
import { puppetBuilder, puppetVolid } from './puppet.ts';

/** A build to be killed: says which phase it is in, and hangs in the installation. */
const folder = process.env['PUPPET_FOLDER'] ?? '';
await using engine = await connectEngine({ env: { ...process.env, DOCKER_HOST: '' } });
await using build = buildIso({
  engine,
  builder: await puppetBuilder(folder),
  kickstart: '# puppet: hang\n',
  destination: join(folder, 'killed'),
  isoName: 'x.iso',
  volid: puppetVolid,
  project: 'p',
  releasever: '44',
  profile: 'draft',
});
console.log(engine.endpoint);
for await (const event of build.events()) if (event.type === 'phase') console.log(event.phase);
