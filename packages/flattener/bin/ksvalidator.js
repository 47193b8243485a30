#!/usr/bin/env node
await import('@phyllome/host/start');
const { ksvalidator } = await import('../src/pykickstart/tools/ksvalidator.ts');
const { NODE_IO } = await import('../src/pykickstart/tools/node-io.ts');
process.exitCode = ksvalidator(process.argv.slice(2), NODE_IO);
