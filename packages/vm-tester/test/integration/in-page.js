// Runs in the browser, before the report's own script.

globalThis.textOf = (selector) => document.querySelector(selector)?.textContent ?? '';

globalThis.isInView = (selector) => {
  const row = document.querySelector(selector).getBoundingClientRect();
  const box = document.querySelector(selector).closest('.log').getBoundingClientRect();
  return row.top >= box.top - 1 && row.bottom <= box.bottom + 1;
};

/** What is shown of the moment, everywhere. */
globalThis.shown = () => ({
  now: globalThis.textOf('#now'),
  screen: document.querySelector('.screen img:not([hidden])')?.dataset.at,
  milestone: globalThis.textOf('.milestones li:has([aria-current]) span'),
  serial: globalThis.textOf('#serial [aria-current] b'),
  journal: globalThis.textOf('#journal [aria-current] b'),
  inView: globalThis.isInView('#serial [aria-current]') && globalThis.isInView('#journal [aria-current]'),
});

const numbers = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);

/** WCAG 2.2, relative luminance. */
function luminance(colour) {
  const [r, g, b] = numbers(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function paper(element) {
  if (!element) return 'rgb(255, 255, 255)';
  const { backgroundColor } = getComputedStyle(element);
  return numbers(backgroundColor)[3] === 0 ? paper(element.parentElement) : backgroundColor;
}

globalThis.lowestContrast = () => {
  const texts = [...document.querySelectorAll('h1, h2, p, span, small, pre, button, b, a, summary, .log div')];
  const ratios = texts.map((element) => {
    const [one, other] = [luminance(getComputedStyle(element).color), luminance(paper(element))];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
  return Math.min(...ratios);
};
