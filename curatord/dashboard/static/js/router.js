// Which page is shown, by what stands behind the # of the address: #/pairs/ID?category=factual
import { queryText } from "./api.js";
import { createStore } from "./store.js";

export const place = createStore(read());

export function startRouter() {
  window.addEventListener("hashchange", () => place.set(read()));
}

export function address(page, item = "", query = {}) {
  return `#/${page}${item ? `/${encodeURIComponent(item)}` : ""}${queryText(query)}`;
}

export function go(page, item, query) {
  window.location.hash = address(page, item, query);
}

/** Changes the address of the page that is shown without a new entry in the history; one that is being left stays left. */
export function become(page, item, query) {
  // "hashchange" comes later than the change: till then a page may still act that the address has done with.
  if (read().page !== page) return;
  window.history.replaceState(null, "", address(page, item, query));
  place.set(read());
}

function read() {
  const [path, query] = window.location.hash.replace(/^#\/?/, "").split("?");
  const [page, item] = path.split("/");
  return { page: page || "now", item: decoded(item), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(item = "") {
  try {
    return decodeURIComponent(item);
  } catch {
    return item;
  }
}
