import { buildIso, connectEngine } from '../../src/index.ts';
import { puppetBuild, puppetBuilder, temporaryDirectory } from './puppet.ts';

/** Builds an ISO of more than half a gigabyte, and says how much memory this process ever had, in KiB. */
await using folder = await temporaryDirectory();
await using engine = await connectEngine({ env: process.env });
const builder = await puppetBuilder(folder.path);
await using build = buildIso({ ...puppetBuild(folder.path, 'succeed-with-large-iso'), engine, builder });
const { size } = await build.result;
console.log(JSON.stringify({ size, maxRssKiB: process.resourceUsage().maxRSS }));
