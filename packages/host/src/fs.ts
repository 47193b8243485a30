/**
 * What is used of `node:fs` at each start. An `import` of `node:fs` reads each of its exports, also `promises`, which
 * loads streams and thirty more modules of Node: a sixth of what an empty program takes.
 */
export const {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} = process.getBuiltinModule('node:fs');
