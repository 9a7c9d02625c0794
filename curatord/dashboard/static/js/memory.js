// What the page remembers of your wishes. In cookies, since the dashboard has another port, and with it another storage,
// each time; the server does nothing with them.

const YEAR = 365 * 24 * 60 * 60;

export function recall(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`curatord-${name}=`));
  return found?.split("=")[1] ?? null;
}

/** Keeps a word; null forgets it. */
export function remember(name, value) {
  const age = value === null ? 0 : YEAR;
  document.cookie = `curatord-${name}=${value ?? ""}; path=/; max-age=${age}; samesite=strict`;
}
