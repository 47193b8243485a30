import { bytes, renderDiff } from '../diff/render.ts';
import type { ImageDiff } from '../diff/diff-images.ts';
import type { Verdict } from '../image/build.ts';
import { EVIDENCE_ARCHIVE } from './evidence-archive.ts';
import type { PublishedEdition, PublishOptions } from './edition.ts';
import type { ReleasesFile } from './releases.ts';

interface PageOptions extends PublishOptions {
  editions: readonly PublishedEdition[];
  signed: boolean;
  releases: ReleasesFile;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f37; --bad: #cf222e; --open: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --good: #4ac26b; --bad: #ff7b72; --open: #d29922; } }
html { background: Canvas; color: CanvasText; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 62rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.2; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
.warning { border: 2px solid var(--open); border-radius: .5rem; padding: .75rem 1rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
article > h3 { margin-top: 0; }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
.shots { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
figure { margin: 0; flex: 0 1 20rem; } figure img { max-width: min(100%, 20rem); height: auto; border: 1px solid var(--line); }
pre { overflow-x: auto; background: var(--soft); padding: .75rem; border-radius: .5rem; }
code { font: .9em/1.5 ui-monospace, monospace; }
.facts a { color: inherit; } .accepted { color: var(--good); } .rejected { color: var(--bad); } .inconclusive, .none { color: var(--open); }
a:focus-visible, summary:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem .75rem .15rem 0; vertical-align: top; }
.scroll { overflow-x: auto; }
`;

/** One page, without a script and without anything from elsewhere: what was released, how to check it, what changed. */
export function renderPage(options: PageOptions): string {
  const { project, tag, date, editions, signed, releases } = options;
  const title = `${project} ${tag}`;
  const rehearsal = editions.some(({ released }) => released.build.rehearsal);
  const older = releases.releases.slice(1);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#editions">Skip to the editions</a>
<header>
<h1>${escape(title)}</h1>
<p>Released on <time datetime="${escape(date)}">${escape(date.slice(0, 10))}</time>. For programs: <a href="releases.json">releases.json</a>.</p>
${rehearsal ? `<p class="warning" role="note"><strong>This is a rehearsal.</strong> Its images are made of Debian packages to prove the pipeline. They are not ${escape(project)}.</p>` : ''}
</header>
<main>
<section aria-labelledby="editions">
<h2 id="editions">Editions</h2>
${editions.map(renderEdition).join('\n')}
</section>
<section aria-labelledby="verify">
<h2 id="verify">Verify a download</h2>
${renderVerify(editions, signed)}
</section>
<section aria-labelledby="write">
<h2 id="write">Write it to a USB stick</h2>
<p>Everything on the stick is lost. Find its name with <code>lsblk</code>, then:</p>
<pre tabindex="0"><code>sudo dd if=${escape(editions[0]?.iso.path ?? 'image.iso')} of=/dev/sdX bs=4M conv=fsync status=progress</code></pre>
</section>
<section aria-labelledby="changes">
<h2 id="changes">What changed since the last release</h2>
${editions.map(renderChanges).join('\n')}
</section>
${older.length === 0 ? '' : `<section aria-labelledby="older"><h2 id="older">Older releases</h2><ul>${older.map((one) => `<li>${escape(one.tag)}, ${escape(one.date.slice(0, 10))}: ${one.editions.length} editions</li>`).join('')}</ul></section>`}
</main>
</body>
</html>
`;
}

function renderEdition({
  released: { build, title },
  iso,
  parts,
  evidence,
  runs,
  zsync,
  torrent,
}: PublishedEdition): string {
  const reports = new Map(runs.map(({ firmware, report }) => [firmware, report]));
  const shots = runs.flatMap(({ firmware, screenshot }) =>
    screenshot === undefined ? [] : [{ firmware, screenshot }],
  );
  const files = parts.length === 0 ? [iso] : parts;
  const more = [zsync, torrent].filter((path) => path !== undefined).map((path) => link(path));
  return `<article id="edition-${escape(build.edition)}">
<h3>${escape(build.edition)}: ${escape(title)}</h3>
<ul class="facts">
<li>${bytes(iso.size)}</li>
<li>release ${escape(build.releasever)}, ${escape(build.profile)}</li>
<li>${build.packages.length} packages</li>
${build.verdicts.length === 0 ? '<li class="none">not judged</li>' : build.verdicts.map((one) => renderVerdict(one, reports.get(one.firmware))).join('')}
</ul>
<p>${files.map(({ path, size }) => `${link(path)} (${bytes(size)})`).join('<br>')}${more.length > 0 ? `<br>${more.join(', ')}` : ''}</p>
${parts.length === 0 ? '' : `<p>The ISO is split. Put it together with</p><pre tabindex="0"><code>cat ${escape(iso.path)}.part* &gt;${escape(iso.path)}</code></pre>`}
<div class="shots">${shots.map(({ firmware, screenshot }) => `<figure><img src="${escape(screenshot)}" loading="lazy" alt="The screen of edition ${escape(build.edition)} at the end of its ${escape(shown(firmware))} test"><figcaption>${escape(shown(firmware))}</figcaption></figure>`).join('')}</div>
<p>Evidence: ${evidence.map((path) => link(path, path.slice(path.lastIndexOf('/') + 1))).join(', ')}</p>
<p>SHA-256 <code>${escape(iso.sha256)}</code></p>
</article>`;
}

function renderVerdict({ firmware, status, cause }: Verdict, report: string | undefined): string {
  const text = `${shown(firmware)}: ${status}${cause === undefined ? '' : `, ${cause}`}`;
  return `<li class="${status}">${report === undefined ? escape(text) : link(report, text)}</li>`;
}

/** `BIOS`, `UEFI`. */
const shown = (firmware: string): string => firmware.toUpperCase();

function renderVerify(editions: readonly PublishedEdition[], signed: boolean): string {
  const iso = editions[0]?.iso.path ?? 'image.iso';
  const edition = editions[0]?.released.build.edition ?? 'edition';
  const isSigned = editions.length > 0 && editions.every(({ signedByKey }) => signedByKey);
  const signature = signed
    ? '<p>CHECKSUM is signed. Import the project\'s public key once, then:</p><pre tabindex="0"><code>gpg --verify CHECKSUM</code></pre>'
    : '<p>CHECKSUM is not signed: it proves that a download is whole, not where it comes from.</p>';
  return `<p>Download <a href="CHECKSUM">CHECKSUM</a> with the ISO.</p>
${signature}
<pre tabindex="0"><code>sha256sum --check --ignore-missing CHECKSUM</code></pre>
<p>To check the ISO against everything that its build left, download <code>${EVIDENCE_ARCHIVE}</code> of the edition, too:</p>
<pre tabindex="0"><code>tar -xf ${EVIDENCE_ARCHIVE} &amp;&amp; mv ${escape(iso)} iso-${escape(edition)}/
phyllome verify iso-${escape(edition)}${isSigned ? ' --key release.pem' : ''}</code></pre>
${isSigned ? "<p><code>release.pem</code> is the project's public key: with it, the signature of the provenance is checked, too.</p>" : ''}
<p>A written stick or DVD checks itself: choose <em>Test this media</em> in the boot menu of ${escape(iso)}.</p>`;
}

function renderChanges({ released: { build, kickstartChanges }, changes }: PublishedEdition): string {
  const heading = `<h3>${escape(build.edition)}</h3>`;
  if (changes === undefined)
    return `${heading}<p>This edition is new, or no earlier release was given to compare with.</p>`;
  const { packages } = changes;
  const kickstart = kickstartChanges ?? [];
  const nothing = packages.updated.length + packages.added.length + packages.removed.length + kickstart.length === 0;
  if (nothing) return `${heading}<p>The same packages, and the same kickstart.</p>`;
  return `${heading}${renderPackages(packages)}${kickstart.length === 0 ? '' : `<details><summary>Kickstart</summary><pre tabindex="0"><code>${escape(kickstart.join('\n'))}</code></pre></details>`}`;
}

/** The difference of two images as a page of its own. */
export function renderDiffPage(diff: ImageDiff): string {
  const title = `${diff.from.iso} → ${diff.to.iso}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<pre tabindex="0"><code>${escape(renderDiff(diff))}</code></pre>
<h2>Packages</h2>
${renderPackages(diff.packages)}
</main>
</body>
</html>
`;
}

function renderPackages({ updated, added, removed }: ImageDiff['packages']): string {
  const rows = [
    ...updated.map(({ name, from, to }) => ['updated', name, `${from} → ${to}`]),
    ...added.map(({ name, version }) => ['added', name, version]),
    ...removed.map(({ name, version }) => ['removed', name, version]),
  ];
  if (rows.length === 0) return '<p>The same packages.</p>';
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`).join('');
  return `<details><summary>${updated.length} packages updated, ${added.length} added, ${removed.length} removed</summary><div class="scroll" tabindex="0"><table><thead><tr><th>Change</th><th>Package</th><th>Version</th></tr></thead><tbody>${body}</tbody></table></div></details>`;
}

const link = (path: string, text = path): string => `<a href="${escape(path)}">${escape(text)}</a>`;

/** Whatever comes from evidence is text, never markup. */
function escape(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}
