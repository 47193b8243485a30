// One moment is shown everywhere: screen, chart, milestones and consoles follow it, and scrolling a console moves it.
const time = document.querySelector('#time');
const shots = [...document.querySelectorAll('.screen img')];
const logs = [...document.querySelectorAll('.log')].map((box) => ({ box, rows: [...box.children] }));
const milestones = [...document.querySelectorAll('.milestones .at')];
const cursors = [...document.querySelectorAll('.cursor')];
const film = document.querySelector('.film');
const moment = (element) => Number(element.dataset.at ?? element.dataset.go);

/** The last element that is not later than `ms`; they are in order. */
function latest(elements, ms) {
  let [low, high] = [0, elements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moment(elements[middle]) <= ms) low = middle + 1;
    else high = middle;
  }
  return elements[low - 1];
}

function mark(elements, current) {
  for (const element of elements) {
    if (element === current) element.setAttribute('aria-current', 'true');
    else if (element.hasAttribute('aria-current')) element.removeAttribute('aria-current');
  }
}

/** Shows the moment everywhere; `scrolled` is the console that the reader moves, which is left alone. */
function show(ms, scrolled) {
  if (!time) return;
  time.value = ms;
  document.querySelector('#now').textContent = `${(ms / 1000).toFixed(1)} s`;
  const x = `${(ms / Number(time.max)) * 100}%`;
  for (const cursor of cursors) {
    cursor.setAttribute('x1', x);
    cursor.setAttribute('x2', x);
  }
  const shot = latest(shots, ms) ?? shots[0];
  for (const image of shots) image.hidden = image !== shot;
  const frame = film?.children[shots.indexOf(shot)];
  mark(film?.querySelectorAll('[aria-current]') ?? [], frame);
  frame?.setAttribute('aria-current', 'true');
  if (frame) film.scrollLeft = frame.offsetLeft - (film.clientWidth - frame.offsetWidth) / 2;
  mark(milestones, latest(milestones, ms));
  for (const { box, rows } of logs) {
    const row = latest(rows, ms) ?? rows[0];
    mark(box.querySelectorAll('[aria-current]'), row);
    row.setAttribute('aria-current', 'true');
    if (box === scrolled) continue;
    box.dataset.follows = 'true';
    box.scrollTop = row.offsetTop - box.clientHeight / 2;
  }
}

time?.addEventListener('input', () => show(Number(time.value)));
document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-go], .log [data-at]');
  if (!target) return;
  show(moment(target), target.closest('.log'));
  // One click from a finding to its moment: the timeline comes to the reader.
  const timeline = document.querySelector('.timeline');
  if (timeline && !target.closest('.timeline, .log')) timeline.scrollIntoView();
});
for (const { box, rows } of logs) {
  box.addEventListener('scroll', () => {
    if (box.dataset.follows) {
      delete box.dataset.follows; // we scrolled it, not the reader
      return;
    }
    const middle = box.scrollTop + box.clientHeight / 2;
    const end = box.scrollTop + box.clientHeight >= box.scrollHeight - 1;
    const row = end ? rows.at(-1) : box.scrollTop === 0 ? rows[0] : rows.findLast((one) => one.offsetTop <= middle);
    if (row) show(moment(row), box);
  });
}
function step(by) {
  const shown = shots.findIndex((image) => !image.hidden);
  const next = shots[Math.min(Math.max(shown + by, 0), shots.length - 1)];
  if (next) show(moment(next));
}
document.querySelector('#previous')?.addEventListener('click', () => step(-1));
document.querySelector('#next')?.addEventListener('click', () => step(1));

document.addEventListener('keydown', (event) => {
  const elsewhere = event.target.closest('input, .log') || event.ctrlKey || event.altKey || event.metaKey;
  if (elsewhere || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
  event.preventDefault();
  step(event.key === 'ArrowLeft' ? -1 : 1);
});

// The film: every screen small, in order. Made here, so that the page holds each picture once.
for (const shot of shots) {
  const frame = document.createElement('button');
  const image = document.createElement('img');
  frame.type = 'button';
  frame.dataset.go = shot.dataset.at;
  frame.title = `${(moment(shot) / 1000).toFixed(1)} s`;
  image.src = shot.src;
  image.alt = shot.alt;
  frame.append(image);
  film.append(frame);
}

// It plays once, from the start, whenever it is opened.
const motion = document.querySelector('.motion');
motion?.addEventListener('toggle', () => {
  const image = motion.querySelector('img');
  if (!image) return;
  if (motion.open) image.src = image.dataset.film;
  else image.removeAttribute('src');
});

// Open where it went wrong, or else at the end.
const first = document.querySelector('.failed .at, .evidence .at');
show(first ? moment(first) : Number(time?.max ?? 0));
