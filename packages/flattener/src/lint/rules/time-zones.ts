import { suggest } from '../../suggest.ts';
import TABLE from '../data/time-zones.json' with { type: 'json' };
import type { Finding, Rule } from '../rule.ts';
import { isPlaceholder, positionals, within } from '../rule-context.ts';

/** What tzdata has. */
export const ZONES: ReadonlySet<string> = new Set(TABLE.zones.split(' '));
/** Of the cities alone, where only one zone has it. */
const BY_CITY: ReadonlyMap<string, string> = new Map(
  [...ZONES].flatMap((zone) => (zone.includes('/') ? [[zone.replace(/^.*\//, '').toLowerCase(), zone]] : [])),
);

export const unknownTimeZone: Rule = {
  id: 'KSL_UNKNOWN_TIME_ZONE',
  severity: 'error',
  doc: 'a time zone exists in tzdata',
  reason: 'Anaconda falls back to another zone without stopping: the clock of every installation is wrong',
  check: (context) => [
    ...context.lines
      .filter(({ name }) => name === 'timezone')
      .flatMap((line): Finding[] =>
        positionals(line)
          .slice(0, 1)
          .filter((zone) => !isPlaceholder(zone) && !ZONES.has(zone))
          .map((zone) => ({ ...problemOf(zone), ...within(line, zone) })),
      ),
    ...context.scripts.flatMap(({ commands }) =>
      commands.flatMap(({ words }) =>
        words.flatMap((word): Finding[] => {
          if (!word.text.includes('/zoneinfo/')) return [];
          const zone = /^(?:\.\.)?\/usr\/share\/zoneinfo\/(?:posix\/|right\/)?([\w+/-]+)$/.exec(word.text)?.[1];
          if (zone === undefined || ZONES.has(zone) || [...ZONES].some((known) => known.startsWith(`${zone}/`)))
            return [];
          return [{ ...problemOf(zone), where: word, length: word.length }];
        }),
      ),
    ),
  ],
};

function problemOf(zone: string): Pick<Finding, 'message' | 'hint'> {
  const meant = BY_CITY.get(zone.toLowerCase().replaceAll(' ', '_')) ?? suggest(zone, [...ZONES]);
  return {
    message: `there is no time zone ${zone}`,
    hint:
      meant === undefined
        ? 'write one that timedatectl list-timezones shows, as Europe/Paris'
        : `did you mean ${meant}?`,
  };
}
