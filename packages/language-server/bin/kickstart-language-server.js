#!/usr/bin/env node
await import('@phyllome/host/start');
await import('#main');
