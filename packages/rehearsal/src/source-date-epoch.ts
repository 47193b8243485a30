/** `SOURCE_DATE_EPOCH`: whoever wants the same ISO twice sets it. Seconds; `undefined` when it is unset or no number. */
export function sourceDateEpoch(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const seconds = Number(env['SOURCE_DATE_EPOCH'] || Number.NaN);
  return Number.isInteger(seconds) ? seconds : undefined;
}
