// What the server tells by itself: whether the daemon is there, its status, and what happens.
import { createStore } from "./store.js";

const REMEMBERED = 80;

/**
 * `server`: connecting, open, lost (it is tried again), or refused (there is no session). `daemon` is null as long as
 * nothing is known of it; `events` has the latest first.
 */
export const live = createStore({ server: "connecting", daemon: null, status: null, events: [] });

let source = null;

export function follow() {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  if (!document.hidden) open();
}

function open() {
  if (source) return;
  source = new EventSource("/stream");
  source.onopen = () => live.set({ server: "open" });
  source.onerror = () => {
    // Closed by the browser: the answer was no stream, but a refusal.
    const refused = source.readyState === EventSource.CLOSED;
    live.set({ server: refused ? "refused" : "lost" });
    if (refused) close();
  };
  source.addEventListener("daemon", (message) => live.set({ daemon: JSON.parse(message.data) }));
  source.addEventListener("status", (message) => live.set({ status: JSON.parse(message.data) }));
  source.addEventListener("event", (message) => add(JSON.parse(message.data)));
}

function close() {
  source?.close();
  source = null;
}

function add(event) {
  const { events } = live.get();
  const isKnown = events.some((other) => other.number === event.number && other.pid === event.pid);
  if (!isKnown) live.set({ events: [event, ...events].slice(0, REMEMBERED) });
}
