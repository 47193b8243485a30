#!/usr/bin/env node
await import('@phyllome/host/start');
const { ksflatten } = await import('#ksflatten');
const { NODE_IO } = await import('#node-io');
process.exitCode = ksflatten(process.argv.slice(2), NODE_IO);
