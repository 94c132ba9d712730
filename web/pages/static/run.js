// The page of a run: the log of a step in place, line by line as it is written. Needs gantry.js.

const { gantry } = globalThis;

/** A log view that was read to its end stays at its end. */
const NEAR_END_PX = 40;
/** Older lines leave the page; they are one link away. */
const LINES_KEPT = 5_000;

const steps = document.getElementById('steps');
let source;

/** Makes rows for steps that are new, and goes on to the log of the step that runs, unless one was asked for. */
function prepare(fresh) {
  for (const row of fresh.querySelectorAll('#steps > .step')) {
    if (document.getElementById(row.id)) continue;
    const added = row.cloneNode(true);
    added.querySelector('.log-panel')?.remove();
    steps.append(added);
  }
  show(fresh.getElementById('log-panel'));
}

const panel = () => document.getElementById('log-panel');

/** A step's name opens its log in place; a line's number names the line in the address. */
function clicked(event) {
  const link = event.target.closest('a.step-name, a.line-number');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.matches('.line-number')) {
    history.replaceState(null, '', link.href);
    markLine();
  } else {
    history.pushState(null, '', link.href);
    open(link.href);
  }
}

/** Shows the log that another page of this run has. */
async function open(address) {
  const fresh = await gantry.load(address);
  if (location.href === new URL(address, location.href).href) show(fresh?.getElementById('log-panel'));
}

/** Puts the panel of another page under the same step here; nothing when that page has none. */
function show(next) {
  if (!next) return;
  const step = document.getElementById(next.closest('.step').id);
  for (const old of steps.querySelectorAll('.step.chosen')) old.classList.remove('chosen');
  panel()?.remove();
  step.classList.add('chosen');
  step.append(next);
  openPanel();
}

/** Follows the log of the panel from where the page has it, and gives the panel its tools. */
function openPanel() {
  source?.close();
  source = undefined;
  const own = panel();
  if (own) equip(own);
  if (!steps.dataset.stream) return;
  const { position = '0.0.1', step, stopped } = own?.dataset ?? {};
  const address = new URL(steps.dataset.stream, location.href);
  address.searchParams.set('from', position);
  if (step !== undefined && stopped === undefined) address.searchParams.set('step', step);
  source = gantry.follow(address, {
    log: (event) => append(JSON.parse(event.data)),
    end: () => {
      steps.dataset.stream = ''; // nothing will ever come again
    },
  });
}

function equip(own) {
  const log = own.querySelector('.log');
  const tool = (name) => {
    const button = own.querySelector(`.log-${name}`);
    button.hidden = false;
    return button;
  };
  const follow = tool('follow');
  follow.addEventListener('click', () => setFollow(follow.getAttribute('aria-pressed') !== 'true'));
  log.addEventListener('scroll', () => setFollow(isAtEnd(log), { scroll: false }));
  tool('filter').addEventListener('input', () => filter(log.children));
  const copy = tool('copy');
  copy.addEventListener('click', async () => {
    await copyText(
      [...log.children]
        .filter((line) => !line.hidden)
        .map(textOf)
        .join('\n'),
    );
    copy.textContent = 'Copied';
    setTimeout(() => {
      copy.textContent = 'Copy';
    }, 1_500);
  });
  if (location.hash.startsWith('#L')) markLine();
  else setFollow(own.dataset.stopped === undefined);
}

const isAtEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;

function setFollow(on, { scroll = true } = {}) {
  const log = panel().querySelector('.log');
  panel().querySelector('.log-follow').setAttribute('aria-pressed', String(on));
  if (on && scroll) log.scrollTop = log.scrollHeight;
}

function markLine() {
  const log = panel()?.querySelector('.log');
  for (const old of log?.querySelectorAll('.marked') ?? []) old.classList.remove('marked');
  const line = document.getElementById(location.hash.slice(1));
  if (!line || !log.contains(line)) return;
  line.classList.add('marked');
  const isSeen = line.offsetTop >= log.scrollTop && line.offsetTop < log.scrollTop + log.clientHeight;
  if (!isSeen) log.scrollTop = line.offsetTop - log.clientHeight / 3;
  setFollow(false);
}

function append(lines) {
  const log = panel()?.querySelector('.log');
  if (!log) return;
  const last = Number(log.lastElementChild?.id.slice(1) ?? 0);
  const fresh = lines.filter((line) => line.number > last).map((line) => lineElement(line, log.dataset.address));
  log.append(...fresh);
  while (log.childElementCount > LINES_KEPT) log.firstElementChild.remove();
  filter(fresh);
  if (panel().querySelector('.log-follow').getAttribute('aria-pressed') === 'true') log.scrollTop = log.scrollHeight;
}

/** The same as the server renders (views/log-line.hbs). */
function lineElement({ number, time, pieces }, address) {
  const line = element('div', 'line');
  line.id = `L${number}`;
  const link = element('a', 'line-number', String(number));
  link.href = `${address}&line=${number}#L${number}`;
  const text = element('span', 'line-text');
  text.append(...pieces.map((piece) => element('span', piece.look, piece.text)));
  line.append(link, ...(time === '' ? [] : [element('span', 'line-time', `${time} `)]), text);
  return line;
}

function element(name, look, text = '') {
  const made = document.createElement(name);
  if (look !== '') made.className = look;
  made.textContent = text;
  return made;
}

/** Hides the lines that do not have the text; says how many have it. */
function filter(lines) {
  const wanted = panel().querySelector('.log-filter').value.trim().toLowerCase();
  for (const line of lines) line.hidden = wanted !== '' && !textOf(line).toLowerCase().includes(wanted);
  const all = panel().querySelectorAll('.line');
  const found = [...all].filter((line) => !line.hidden).length;
  panel().querySelector('.log-found').textContent = wanted === '' ? '' : `${found} of ${all.length} lines`;
}

const textOf = (line) =>
  (line.querySelector('.line-time')?.textContent ?? '') + line.querySelector('.line-text').textContent;

/** The clipboard is there on safe origins only; elsewhere the old command does it. */
async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = element('textarea', 'copied', text);
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

gantry.own.ask = () => ({ shown: panel()?.dataset.step ?? '' });
gantry.own.prepare = prepare;
openPanel();
steps.addEventListener('click', clicked);
window.addEventListener('popstate', () => open(location.href));
