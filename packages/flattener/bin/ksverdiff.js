#!/usr/bin/env node
await import('@phyllome/host/start');
const { ksverdiff } = await import('#ksverdiff');
const { NODE_IO } = await import('#node-io');
process.exitCode = ksverdiff(process.argv.slice(2), NODE_IO);
