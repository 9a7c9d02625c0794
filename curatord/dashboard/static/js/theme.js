// Light, dark, or what the system wants; charts draw themselves again when it changes.
import { recall, remember } from "./memory.js";
import { createStore } from "./store.js";

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const wish = window.matchMedia("(prefers-color-scheme: dark)");

export const theme = createStore({ chosen: recall("theme") ?? "auto", turn: 0 });

export function nextTheme() {
  const chosen = NEXT[theme.get().chosen] ?? "auto";
  remember("theme", chosen === "auto" ? null : chosen);
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  theme.set({ chosen, turn: theme.get().turn + 1 });
}

wish.addEventListener("change", () => theme.set({ turn: theme.get().turn + 1 }));

/** A colour of the palette as it is now. */
export function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
