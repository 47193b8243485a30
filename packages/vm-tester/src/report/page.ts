import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PHASES } from '../verdict/verdict.ts';
import type { Phase } from '../verdict/verdict.ts';
import { thin, trimLines } from './budget.ts';
import type { Line } from './budget.ts';
import { compareRuns } from './compare.ts';
import type { NewMessage } from './compare.ts';
import { escapeText, html, trusted } from './html.ts';
import type { Html } from './html.ts';
import { FILM } from './read.ts';
import type { Attempt } from './read.ts';

/** Together below 5 MB: pictures grow by a third in base64, lines by their markup. */
const SHOTS_BYTES = 2_000_000;
const FILM_BYTES = 400_000;
const LINES_CHARACTERS = 500_000;

const asset = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');

/**
 * One page about an attempt: why it was not accepted, its checks, and a timeline in which the screen, the
 * milestones and the consoles move together. It needs nothing but itself, and its policy lets it load nothing else.
 */
export function renderReport(attempt: Attempt): string {
  const { verdict, shots, serial, journal } = attempt;
  const [style, script] = [asset('page.css'), asset('page-script.js')];
  const policy = `default-src 'none'; img-src data:; style-src ${sourceHash(style)}; script-src ${sourceHash(script)}`;
  const title = `${verdict.status}: ${basename(verdict.image)}, ${verdict.firmware}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${trusted(`<style>${style}</style>`)}
      </head>
      <body>
        <header>
          <h1><span class="status ${verdict.status}">${verdict.status}</span> ${basename(verdict.image)}</h1>
          ${headline(attempt)}
        </header>
        <main>
          ${failedChecks(attempt)} ${reasons(attempt)} ${otherChecks(attempt)} ${comparison(attempt)}
          ${timeline(attempt, thin(shots, SHOTS_BYTES))}
          <div class="consoles">
            ${log('Serial console', 'serial', trimLines(serial, LINES_CHARACTERS, 'serial.log'))}
            ${log('Journal', 'journal', trimLines(journal, LINES_CHARACTERS, 'journal.json'))}
          </div>
          ${surroundings(attempt)}
        </main>
        ${trusted(`<script>${script}</script>`)}
      </body>
    </html> `.text;
}

/** What a content security policy calls an inline style or script. */
function sourceHash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** How deep the tester could look. */
const INSTRUMENTS: Record<string, string> = {
  credential: 'root commands, by systemd credentials',
  'initrd-inject': 'root commands, by an addition to the initrd',
  'serial-login': 'root commands, by a login on the serial console',
  screen: 'its consoles and screen alone: nothing inside was asked',
};

function headline({ verdict, host }: Attempt): Html {
  const facts = [
    verdict.firmware.toUpperCase(),
    verdict.endMs > 0 ? `${seconds(verdict.endMs)} s` : 'not booted',
    verdict.milestones.ready !== undefined && `ready after ${seconds(verdict.milestones.ready)} s`,
    typeof host['accelerator'] === 'string' && `accelerator ${host['accelerator']}`,
    qemuVersion(host['qemu']),
    verdict.startedAt && dateOf(verdict.startedAt),
    verdict.instrument !== undefined && `judged by ${INSTRUMENTS[verdict.instrument] ?? verdict.instrument}`,
  ].filter((fact) => typeof fact === 'string' && fact !== '');
  const why = verdict.cause === undefined ? '' : `${verdict.cause} in phase ${verdict.phase}`;
  const earlier = verdict.attempts.map(
    ({ folder, status, phase, cause }) =>
      html`<p class="earlier">
        An attempt before this one:
        <a href="${folder}/report.html">${status}</a>${cause && `, ${cause} in phase ${phase}`}
      </p>`,
  );
  return html`${why !== '' && html`<p class="why">${why}</p>`} ${earlier}${without(verdict)}
    <p class="facts">${facts.join(' · ')}</p>`;
}

function without({ uninstrumented }: Attempt['verdict']): Html | false {
  if (!uninstrumented) return false;
  const { status, folder, why } = uninstrumented;
  return html`<p class="earlier">
    Booted once more without the tester's instruments:
    ${folder === undefined ? status : html`<a href="${folder}/report.html">${status}</a>`}${why && `: ${why}`}
  </p>`;
}

function qemuVersion(qemu: unknown): string | undefined {
  if (typeof qemu !== 'object' || qemu === null || !('version' in qemu)) return undefined;
  return typeof qemu.version === 'string' ? `QEMU ${qemu.version}` : undefined;
}

/** What the verdict rests on, then what was found besides. */
function reasons({ verdict }: Attempt): Html {
  const known = new Set(verdict.evidence.map(({ detector, line }) => `${detector} ${line}`));
  // A check that failed stands above.
  const deciding = verdict.evidence.filter(({ detector }) => !detector.startsWith('check: '));
  const others = verdict.findings.filter(({ evidence }) => !known.has(`${evidence.detector} ${evidence.line}`));
  return html`${
    deciding.length > 0 &&
    html`<section aria-labelledby="reasons">
      <h2 id="reasons">Why it is ${verdict.status}</h2>
      <ol class="evidence">
        ${deciding.map(
          ({ source, detector, line, atMs }) =>
            html`<li>
              ${at(atMs)}<span class="source">${source}: ${detector}</span>
              <pre>${line}</pre>
            </li>`,
        )}
      </ol>
    </section>`
  }${
    others.length > 0 &&
    html`<details>
      <summary>${others.length} more ${others.length === 1 ? 'finding' : 'findings'} that did not decide</summary>
      <ol class="evidence">
        ${others.map(
          ({ severity, cause, evidence }) =>
            html`<li>
              ${at(evidence.atMs)}<span class="source">${severity}: ${cause}: ${evidence.detector}</span>
              <pre>${evidence.line}</pre>
            </li>`,
        )}
      </ol>
    </details>`
  }`;
}

/** What does not hold comes before everything else. */
function failedChecks(attempt: Attempt): Html | false {
  const failed = attempt.checks.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return false;
  return html`<section aria-labelledby="failed">
    <h2 id="failed">${failed.length} of ${counted(attempt.checks, 'check')} failed</h2>
    ${checkList(failed)}
  </section>`;
}

function otherChecks(attempt: Attempt): Html | false {
  const notJudged = attempt.checks.filter((check) => check.notJudged !== undefined);
  const passed = attempt.checks.filter((check) => check.failure === undefined && check.notJudged === undefined);
  if (attempt.checks.length === 0) return false;
  const holds = `${passed.length} of ${counted(attempt.checks, 'check')} hold`;
  const heading = notJudged.length > 0 ? `${holds}, ${notJudged.length} not judged` : holds;
  return html`<section aria-labelledby="checks">
    <h2 id="checks">${heading}</h2>
    ${notJudged.length > 0 && checkList(notJudged)}
    ${
      passed.length > 0 &&
      html`<details>
        <summary>${passed.length} that hold</summary>
        ${checkList(passed)}
      </details>`
    }
  </section>`;
}

function checkList(checks: Attempt['checks']): Html {
  return html`<ul class="checks">
    ${checks.map(
      ({ name, failure, notJudged: reason, atMs }) =>
        html`<li class="${failure !== undefined ? 'failed' : reason !== undefined ? 'not-judged' : 'passed'}">
          ${at(atMs)}<span>${name}</span>${failure !== undefined && html`<pre>${failure}</pre>`}
          ${reason !== undefined && html`<span class="reason">not judged: ${reason}</span>`}
        </li>`,
    )}
  </ul>`;
}

/** More than this are in the journal. */
const NEW_MESSAGES = 200;

/** What is different from when it was good; open where it is not any more. */
function comparison(attempt: Attempt): Html | false {
  if (attempt.last === undefined || attempt.verdict.endMs <= 0) return false;
  const { last, phases, newUnits, missingUnits, newMessages } = compareRuns(attempt, attempt.last);
  const counts = [
    `${newMessages.length} kinds of messages and ${counted(newUnits, 'unit')} are new`,
    missingUnits.length > 0 && `${counted(missingUnits, 'unit')} missing`,
  ].filter((text) => text !== false);
  return html`<section aria-labelledby="compared">
    <h2 id="compared">What is different from the last accepted run</h2>
    <p class="facts">
      ${[basename(last.image), last.startedAt && dateOf(last.startedAt), ...counts].filter(Boolean).join(' · ')}
    </p>
    <details class="compared" ${attempt.verdict.status !== 'accepted' && trusted(' open')}>
      <summary>Boot chart, units and messages</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col">then</th>
            <th scope="col">now</th>
          </tr>
        </thead>
        <tbody>
          ${phases.map(
            ({ phase, nowMs, thenMs }) =>
              html`<tr>
                <th scope="row">${phase}</th>
                <td>${secondsOrNone(thenMs)}</td>
                <td>${secondsOrNone(nowMs)}${isSlower(nowMs, thenMs) && trusted(' <strong>slower</strong>')}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${
        newUnits.length > 0 &&
        html`<h3>New units</h3>
          <ul>
            ${newUnits.map(({ unit, atMs }) => html`<li>${at(atMs)}<span>${unit}</span></li>`)}
          </ul>`
      }
      ${
        missingUnits.length > 0 &&
        html`<h3>Units that were started then, and not now</h3>
          <ul>
            ${missingUnits.map((unit) => html`<li>${unit}</li>`)}
          </ul>`
      }
      ${
        newMessages.length > 0 &&
        html`<h3>New messages</h3>
          <ol class="new">
            ${newMessages.slice(0, NEW_MESSAGES).map(newMessage)}
          </ol>
          ${newMessages.length > NEW_MESSAGES && html`<p>${newMessages.length - NEW_MESSAGES} more are in journal.json.</p>`}`
      }
    </details>
  </section>`;
}

function newMessage({ atMs, text, priority, count }: NewMessage): Html {
  const kind = priority !== undefined && priority <= 4 ? `p${priority}` : '';
  return html`<li class="${kind}">
    ${at(atMs)}<code>${text}</code>${count > 1 && html` <small>${count} times</small>`}
  </li>`;
}

/** By more than a busier host explains in a short phase. */
function isSlower(nowMs: number | undefined, thenMs: number | undefined): boolean {
  return nowMs !== undefined && thenMs !== undefined && nowMs > thenMs * 1.5 && nowMs - thenMs > 2_000;
}

function counted(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;
}

function dateOf(iso: string): string {
  return iso.replace('T', ' ').replace(/(:\d\d)\.\d+Z$/, '$1 UTC');
}

/** The phases that were entered, with their beginnings and ends. */
function spans({ verdict }: Attempt): { phase: Phase; fromMs: number; toMs: number }[] {
  const entered = PHASES.filter((phase) => verdict.milestones[phase] !== undefined);
  const begin = (phase: Phase | undefined) => (phase && verdict.milestones[phase]) ?? verdict.endMs;
  return entered.map((phase, index) => ({ phase, fromMs: begin(phase), toMs: begin(entered[index + 1]) }));
}

function timeline(attempt: Attempt, shots: Attempt['shots']): Html | false {
  const { verdict } = attempt;
  if (verdict.endMs <= 0) return false;
  const phases = spans(attempt);
  const percent = (ms: number) => `${((ms / verdict.endMs) * 100).toFixed(2)}%`;
  // An SVG positions by attributes: the page's policy allows no inline styles.
  const chart = html`<ol class="milestones" aria-label="Boot chart">
    ${phases.map(
      ({ phase, fromMs, toMs }) =>
        html`<li data-phase="${phase}">
          ${at(fromMs)}<span>${phase}</span
          ><svg aria-hidden="true">
            <rect
              x="${percent(fromMs)}"
              y="15%"
              width="${percent(Math.max(toMs - fromMs, verdict.endMs / 300))}"
              height="70%"
              rx="3"
              ${verdict.phase === phase && trusted(' class="bad"')}
            />
            <line class="cursor" x1="0" x2="0" y1="0" y2="100%" /></svg
          ><small>${seconds(toMs - fromMs)} s</small>
        </li>`,
    )}
  </ol>`;
  return html`<section aria-labelledby="timeline" class="timeline">
    <h2 id="timeline">Timeline</h2>
    <div class="stage">
      <div class="screen">
        ${shots.map(
          ({ atMs, file, png }, index) =>
            html`<img
              data-at="${atMs}"
              alt="The screen at ${seconds(atMs)} s (${file})"
              src="data:image/png;base64,${png.toString('base64')}"
              ${index < shots.length - 1 && trusted(' hidden')}
            />`,
        )}${shots.length === 0 && html`<p>No screenshot was taken.</p>`}
      </div>
      <div class="film"></div>
      ${motion(attempt)}
      <div class="controls">
        ${chart} ${marks(verdict)}
        <label class="scrub"
          ><span>Time</span> <output id="now">${seconds(verdict.endMs)} s</output>
          <input id="time" type="range" min="0" max="${verdict.endMs}" step="100" value="${verdict.endMs}"
        /></label>
        <p class="buttons">
          <button type="button" id="previous">◀ Screen before</button>
          <button type="button" id="next">Screen after ▶</button>
          <small>or the keys ← and →; a click on any line or time goes there</small>
        </p>
      </div>
    </div>
  </section>`;
}

/** The screens in quick motion; a film that would make the page too large stays beside it. */
function motion({ film }: Attempt): Html | false {
  if (film === undefined) return false;
  const alt = 'What the screen showed, from the start to the end';
  return html`<details class="motion">
    <summary>The screen as a film</summary>
    ${
      film.length <= FILM_BYTES
        ? html`<img alt="${alt}" data-film="data:image/apng;base64,${film.toString('base64')}" />`
        : html`<a href="${FILM}">${FILM}</a>`
    }
  </details>`;
}

/** Where on the chart each finding was made. For the keyboard they are above, each with its moment. */
function marks({ findings, endMs }: Attempt['verdict']): Html | false {
  if (findings.length === 0) return false;
  return html`<div class="findings" aria-hidden="true">
    <span>Findings</span>
    <svg>
      ${findings.map(
        ({ severity, cause, evidence: { atMs, line } }) =>
          html`<circle
            data-go="${atMs}"
            class="${severity === 'warn' ? 'warn' : 'bad'}"
            cx="${((Math.min(atMs, endMs) / endMs) * 100).toFixed(2)}%"
            cy="50%"
            r="6"
          >
            <title>${seconds(atMs)} s, ${cause}: ${line}</title>
          </circle>`,
      )}
    </svg>
  </div>`;
}

function log(title: string, id: string, lines: readonly Line[]): Html {
  if (lines.length === 0)
    return html`<section>
      <h2>${title}</h2>
      <p>Nothing.</p>
    </section>`;
  return html`<section aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    <div class="log" id="${id}" tabindex="0" role="log" aria-live="off" aria-labelledby="${id}-title">
      ${lines.map(logLine)}
    </div>
  </section>`;
}

/** By hand: white space counts here, and there are thousands of them. */
function logLine({ atMs, text, priority }: Line): Html {
  const kind = priority !== undefined && priority <= 4 ? ` class="p${priority}"` : '';
  return trusted(`<div data-at="${atMs}"${kind}><b>${seconds(atMs)}</b> ${escapeText(text)}</div>`);
}

function surroundings({ host, reproduce, files }: Attempt): Html {
  return html`<section aria-labelledby="around">
    <h2 id="around">Reproduce it</h2>
    ${
      reproduce !== '' &&
      html`<details>
        <summary>reproduce.sh</summary>
        <pre>${reproduce}</pre>
      </details>`
    }
    <details>
      <summary>The host</summary>
      <pre>${JSON.stringify(host, undefined, 2)}</pre>
    </details>
    <p>
      Files: ${files.toSorted().map((name) => html`<a href="${encodeURIComponent(name.toWellFormed())}">${name}</a> `)}
    </p>
  </section>`;
}

/** A moment that can be gone to. */
function at(atMs: number): Html {
  return html`<button type="button" class="at" data-go="${atMs}">${seconds(atMs)} s</button>`;
}

function secondsOrNone(ms: number | undefined): string {
  return ms === undefined ? '–' : `${seconds(ms)} s`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
