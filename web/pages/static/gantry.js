// Keeps a page up to date: the server renders, this fetches the same page again and swaps the parts that changed.
// Without it every page works by loading again. Text is only ever set as text.
'use strict';

/** Several events of one moment lead to one look. */
const SETTLE_MS = 120;
/** The relative times move on even when nothing happens. */
const REFRESH_MS = 30_000;
/** A log view that was read to its end stays at its end. */
const NEAR_END_PX = 40;
const LOG_KEPT = 400_000;
// Colours and cursor movements of terminals are taken out, as the server does for what it renders.
const CONTROL = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]|(?![\\t\\n])\\p{Cc}`, 'gu');

const address = document.body.dataset.events;
const linkState = document.getElementById('link-state');
let settle;
let loading = false;
let again = false;
let following;

if (address) {
  const source = new EventSource(address);
  for (const type of ['run', 'step', 'traffic', 'release', 'approval', 'delivery']) source.addEventListener(type, soon);
  source.addEventListener('end', () => {
    source.close();
    soon();
  });
  source.addEventListener('open', () => say(''));
  source.addEventListener('error', () => say(source.readyState === EventSource.CLOSED ? '' : 'connecting…'));
}
setInterval(() => document.hidden || refresh(), REFRESH_MS);
followLog();

function say(text) {
  if (linkState) linkState.textContent = text;
}

function soon() {
  clearTimeout(settle);
  settle = setTimeout(refresh, SETTLE_MS);
}

async function refresh() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (response.redirected) location.reload();
    else if (response.ok) swap(new DOMParser().parseFromString(await response.text(), 'text/html'));
  } catch {
    say('Gantry does not answer');
  } finally {
    loading = false;
    if (again) {
      again = false;
      soon();
    }
  }
}

function swap(fresh) {
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (next && !isInUse(part) && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
  }
  const log = document.getElementById('log');
  const nextLog = fresh.getElementById('log');
  if (nextLog && log?.dataset.step !== nextLog.dataset.step) {
    document.getElementById('log-section').replaceChildren(...fresh.getElementById('log-section').childNodes);
    followLog();
  }
}

/** Nobody loses what they are typing, nor a question that they have opened. */
function isInUse(part) {
  const typed = [...part.querySelectorAll('input:not([type=hidden])')].some((input) => input.value !== '');
  return typed || part.contains(document.activeElement) || part.querySelector('details[open]') !== null;
}

async function followLog() {
  following?.abort();
  const log = document.getElementById('log');
  if (!log) return;
  log.scrollTop = log.scrollHeight;
  if (['succeeded', 'failed', 'cancelled', 'undone'].includes(log.dataset.state)) return;
  following = new AbortController();
  const { signal } = following;
  try {
    const url = `${log.dataset.source}?follow=1&offset=${log.dataset.offset}`;
    const response = await fetch(url, { signal });
    if (!response.ok) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) append(log, part.value);
  } catch {
    if (!signal.aborted) say('the log stopped; load the page again');
  }
}

function append(log, text) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  log.append(document.createTextNode(text.replace(CONTROL, '')));
  if (log.textContent.length > LOG_KEPT) log.textContent = log.textContent.slice(-LOG_KEPT / 2);
  if (atEnd) log.scrollTop = log.scrollHeight;
}
