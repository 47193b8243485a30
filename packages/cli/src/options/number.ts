import { InvalidArgumentError } from 'commander';

/** Parses a whole number of at least 1, written in digits. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^[1-9]\d*$/u.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number, 1 or more.');
}
