// Keeps a page up to date: the server renders, this fetches the same page again and swaps the parts that changed.
// Without it every page works by loading again. Text is only ever set as text.
/** The first event of a moment is answered at once; those that follow it share one look each time this is over. */
const SETTLE_MS = 60;
/** The relative times move on even when nothing happens. */
const REFRESH_MS = 30_000;

const linkState = document.getElementById('link-state');
/** What the page at hand adds to the question for a fresh one, and does with it before its parts are swapped in. */
const own = { ask: () => ({}), prepare: undefined };
let timer;
let loading = false;
let lastAt = -SETTLE_MS;

function say(text) {
  if (linkState) linkState.textContent = text;
}

/** Looks again soon; any number of calls lead to one look. */
function refresh() {
  if (timer !== undefined || loading === 'again') return;
  if (loading) loading = 'again';
  else timer = setTimeout(look, Math.max(0, lastAt + SETTLE_MS - performance.now()));
}

async function look() {
  timer = undefined;
  loading = true;
  try {
    const fresh = await load(location.href, own.ask());
    if (fresh) swap(fresh);
  } catch {
    say('Gantry does not answer');
  }
  lastAt = performance.now();
  const again = loading === 'again';
  loading = false;
  if (again) refresh();
}

/** A page of ours as a document; nothing when it leads elsewhere, which is then loaded (the login page, say). */
async function load(address, question = {}) {
  const url = new URL(address, location.href);
  for (const [name, value] of Object.entries(question)) url.searchParams.set(name, value);
  const response = await fetch(url, { headers: { Accept: 'text/html' } });
  if (response.redirected) location.reload();
  if (response.redirected || !response.ok) return undefined;
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

function swap(fresh) {
  own.prepare?.(fresh);
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next && !isInUse(part) && !next.isEqualNode(part)) swapPart(part, next);
  }
}

/** A table that is open stays open, and a link that has the focus keeps it. */
function swapPart(part, next) {
  const focused = part.contains(document.activeElement) ? selectorOf(document.activeElement) : '';
  for (const { id } of part.querySelectorAll('details[open][id]')) {
    const again = next.querySelector(`#${id}`);
    if (again) again.open = true;
  }
  part.replaceChildren(...next.childNodes);
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

/** Finds the same link, or the same table's head, in another version of the page. */
function selectorOf(element) {
  if (element.matches('details[id] > summary')) return `#${element.parentElement.id} > summary`;
  return element.matches('a[href]') ? `a[href="${CSS.escape(element.getAttribute('href'))}"]` : '';
}

/** Nobody loses what they are typing, nor a question that they have opened. */
function isInUse(part) {
  const typed = [...part.querySelectorAll('input:not([type=hidden])')].some((input) => input.value !== '');
  const busy =
    part.contains(document.activeElement) &&
    document.activeElement.matches('input, button, details:not([id]) > summary');
  return typed || busy || part.querySelector('details[open]:not([id])') !== null;
}

/** Follows a stream of events, and looks again at each one that tells of a change. */
function follow(address, listeners = {}) {
  const source = new EventSource(address);
  for (const type of ['run', 'step', 'traffic', 'release', 'approval', 'delivery', 'sample']) {
    source.addEventListener(type, refresh);
  }
  for (const [type, listener] of Object.entries(listeners)) source.addEventListener(type, listener);
  source.addEventListener('end', () => {
    source.close();
    refresh();
  });
  source.addEventListener('open', () => say(''));
  source.addEventListener('error', () => say(source.readyState === EventSource.CLOSED ? '' : 'connecting…'));
  return source;
}

if (document.body.dataset.events) follow(document.body.dataset.events);
setInterval(() => document.hidden || refresh(), REFRESH_MS);
/** For the scripts of single pages. */
globalThis.gantry = { follow, load, own };
