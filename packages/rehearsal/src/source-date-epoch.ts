/** `SOURCE_DATE_EPOCH`: set to get the same ISO twice. Seconds; `undefined` when it is unset or not a number. */
export function sourceDateEpoch(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const seconds = Number(env['SOURCE_DATE_EPOCH'] || Number.NaN);
  return Number.isInteger(seconds) ? seconds : undefined;
}
