// Requests to the dashboard's own server, which hands those below /v1 to the daemon.
import { useCallback, useEffect, useRef, useState } from "./view.js";

/** What the server refused: `message` says what happened, `hint` what to do. */
export class Refused extends Error {
  constructor(status, message, hint) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

export const get = (path, query) => ask("GET", path + queryText(query));
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path, query) => ask("DELETE", path + queryText(query));

export function queryText(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

async function ask(method, path, body) {
  const options = { method, credentials: "same-origin" };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refused(0, "The dashboard does not answer.", "Start it again with `curatord dashboard`.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  const { message, hint } = answer?.error ?? { message: `The answer was ${response.status}.`, hint: "" };
  throw new Refused(response.status, message, hint);
}

/**
 * Gives a view what a request answers: {data, error, loading, reload}. It is asked again when `path`, `query` or `age`
 * change; what was there stays until the new answer is. A path of null asks nothing.
 */
export function useData(path, query, age = 0) {
  const [state, setState] = useState({ data: null, error: null, loading: true, target: null });
  const [turn, setTurn] = useState(0);
  const target = path === null ? null : path + queryText(query);
  const asked = useRef(0);
  useEffect(() => {
    if (target === null) return;
    const mine = ++asked.current;
    const keep = (changes) => mine === asked.current && setState((old) => ({ ...old, ...changes, loading: false }));
    setState((old) => ({ ...old, loading: true }));
    ask("GET", target).then(
      (data) => keep({ data, error: null, target }),
      (error) => keep({ error }),
    );
  }, [target, turn, age]);
  const reload = useCallback(() => setTurn((number) => number + 1), []);
  return { ...state, isOld: state.target !== target, reload };
}
