// The pairs: browsed, filtered, searched, judged; the chosen one with the lines it comes from.
import { html, useEffect, useState } from "../view.js";
import { useData } from "../api.js";
import { plural } from "../format.js";
import { judge, undo } from "../judging.js";
import { useKeys } from "../keys.js";
import { live } from "../live.js";
import { Empty, Loaded, PageHead, Pager } from "../parts.js";
import { become, place } from "../router.js";
import { useStore } from "../store.js";
import { PairDetail } from "./pair_detail.js";
import { PairFilters, isFiltered } from "./pair_filters.js";
import { PairList } from "./pair_list.js";

const LIMIT = 25;
const WIDE = window.matchMedia("(min-width: 70rem)");

export function Pairs() {
  const { item, query } = useStore(place);
  const { offset: start, ...filters } = query;
  const offset = Number(start) || 0;
  const list = usePairs(filters, offset);
  const [editing, setEditing] = useState(false);
  const { pairs } = list;
  const index = pairs.findIndex((pair) => pair.id === item);
  const chosen = pairs[index] ?? null;

  const choose = (id, focus = false) => {
    setEditing(false);
    become("pairs", id, query);
    if (focus) requestAnimationFrame(() => document.getElementById(`pair-${id}`)?.focus());
  };
  // By what the address says then: a search that waits for a rest in typing must not undo another choice.
  const filter = (changes) => become("pairs", "", { ...place.get().query, offset: "", ...changes });
  const move = (to) => become("pairs", "", { ...filters, offset: to || "" });
  const step = (by) => () => {
    const next = pairs[index < 0 ? 0 : index + by];
    if (next) choose(next.id, true);
  };
  const change = (old, now) => {
    list.change(old, now);
    setEditing(false);
    // An edit gives a pair another id: what was chosen stays chosen.
    const { item: shown, query: asked } = place.get();
    if (shown === old && now[0] && now[0].id !== old) become("pairs", now[0].id, asked);
  };
  const say = (verdict, texts) => chosen && judge(chosen, verdict, texts, change);

  useEffect(() => {
    if (!item && pairs.length && WIDE.matches) choose(pairs[0].id);
  }, [item, pairs]);
  useKeys({
    j: step(1),
    k: step(-1),
    u: () => say("up"),
    d: () => say("down"),
    e: () => chosen && setEditing(true),
    z: () => undo(),
    "/": () => document.getElementById("search")?.focus(),
    "[": () => offset > 0 && move(Math.max(0, offset - LIMIT)),
    "]": () => offset + LIMIT < list.total && move(offset + LIMIT),
  });

  const detail = { pair: chosen, id: item, editing, setEditing, say, close: () => choose("") };
  return html`
    <${PageHead} title="Pairs">What the notes became: questions and answers, each with the lines it comes from.<//>
    <${PairFilters} filters=${filters} onFilter=${filter} />
    <${Loaded} request=${list.request}>
      ${() => html`
        <div class="pairs ${item ? "has-detail" : ""}">
          <section class="pair-side" aria-label="The list">
            <p class="row small soft pair-count" role="status">
              <span class="number">${plural(list.total, "pair")}${isFiltered(filters) ? " found" : ""}</span>
              ${list.isStale && html`<button class="button" onClick=${list.refresh}>The notes have changed: refresh</button>`}
            </p>
            ${!pairs.length && html`<${Nothing} filters=${filters} />`}
            <${PairList} pairs=${pairs} chosen=${item} onChoose=${choose} onJudge=${(pair, verdict) => judge(pair, verdict, {}, change)} />
            <${Pager} offset=${offset} limit=${LIMIT} total=${list.total} onMove=${move} />
          </section>
          <${PairDetail} ...${detail} />
        </div>
      `}
    <//>
  `;
}

/** A page of pairs; those that were judged here keep their place until it is asked for again. */
function usePairs({ q, ...filters }, offset) {
  const { events } = useStore(live);
  const latest = events.find(({ event, data }) => event === "pass" && (data.stored || data.removed || data.skipped));
  const pass = latest ? `${latest.pid} ${latest.number}` : "";
  const [age, setAge] = useState(pass);
  const [changes, setChanges] = useState({});
  const path = q ? "/v1/pairs/search" : "/v1/pairs";
  const request = useData(path, { q, ...filters, limit: LIMIT, offset: offset || "" }, age);
  const isUntouched = Object.keys(changes).length === 0;
  const refresh = () => {
    setChanges({});
    setAge(pass);
  };
  useEffect(() => {
    if (isUntouched) setAge(pass);
  }, [pass, isUntouched]);
  useEffect(() => setChanges({}), [path, q, offset, ...Object.values({ ...NONE, ...filters })]);
  const change = (old, now) => setChanges((known) => followed(known, old, now));
  const pairs = (request.data?.pairs ?? []).map((pair) => changes[pair.id] ?? pair);
  return { request, pairs, total: request.data?.total ?? 0, change, refresh, isStale: !isUntouched && age !== pass };
}

const NONE = { category: "", kind: "", root: "", split: "", judged: "", document: "" };

/** What became of pairs by the id they came with, after the one that is now called `old` has become another. */
function followed(known, old, now) {
  if (!now.length) return known;
  const origin = Object.keys(known).find((id) => known[id].id === old) ?? old;
  return { ...known, [origin]: now.find((pair) => pair.id === old) ?? now[0] };
}

const Nothing = ({ filters }) =>
  isFiltered(filters)
    ? html`<${Empty} title="No such pair" icon="pairs">Nothing fits the filters; take one away.<//>`
    : html`<${Empty} title="No pair yet" icon="pairs">Write a note into a memory root: its pairs appear here.<//>`;
