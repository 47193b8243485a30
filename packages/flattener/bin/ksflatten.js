#!/usr/bin/env node
await import('@phyllome/host/start');
const { ksflatten } = await import('../src/pykickstart/tools/ksflatten.ts');
const { NODE_IO } = await import('../src/pykickstart/tools/node-io.ts');
process.exitCode = ksflatten(process.argv.slice(2), NODE_IO);
