/** For `--import`: reports each file that Node loads, as a URL, a line each, on stderr. */
export const reporter = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const { writeSync } = process.getBuiltinModule('node:fs');
  const urls = [];
  registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
  process.on('exit', () => writeSync(2, urls.join('\\n')));
`)}`;
