// Keys that do something: views register them while they are shown. Whoever is disturbed by them can switch them off.
import { useEffect, useRef } from "./view.js";
import { recall, remember } from "./memory.js";
import { createStore } from "./store.js";

export const keys = createStore({ on: recall("keys") !== "off" });
const tables = new Set();

export function switchKeys(on) {
  remember("keys", on ? null : "off");
  keys.set({ on });
}

/** Calls the function of `table` named by a key, such as {"j": next}, while the view that says so is shown. */
export function useKeys(table) {
  const current = useRef(table);
  current.current = table;
  useEffect(() => {
    const entry = (key) => current.current[key];
    tables.add(entry);
    return () => tables.delete(entry);
  }, []);
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (!keys.get().on || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    for (const entry of [...tables].reverse()) {
      const action = entry(event.key);
      if (action) {
        event.preventDefault();
        action();
        return;
      }
    }
  });
}

const isTyping = (target) => target instanceof HTMLElement && target.matches("input, select, textarea");
