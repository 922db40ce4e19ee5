"use strict";

const PAGE = 40;
const NAMES = { accept: "linked", review: "to review", reject: "not linked" };
const data = JSON.parse(document.getElementById("data").textContent);
const { films, links, kinds } = data;

const byFilm = films.id.map(() => []);
links.film.forEach((film, i) => { if (film !== null) byFilm[film].push(i); });
const RANK = { accept: 0, review: 1, reject: 2 };
byFilm.forEach((list) => list.sort((a, b) => RANK[links.decision[a]] - RANK[links.decision[b]] || (links.weight[b] ?? 99) - (links.weight[a] ?? 99)));

// Accents and case do not matter to somebody who searches.
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const isYear = (word, year) => year && (word === String(year) || word === `(${year})`); // "Blade Runner (1982)"
const searched = ([id, title, facts]) => `${id} ${title || ""} ${facts.replace(/(^| · )[0-9]+ tracks?$/, "").replace(/(^| · )[0-9]{4}$/, "")}`; // a year is no word, nor is a count
const haystack = films.id.map((id, f) => fold([films.title[f], films.original[f] || "", id, films.composers[f].join(" "),
  ...byFilm[f].filter((i) => links.decision[i] !== "reject").map((i) => `${links.title[i] || ""} ${links.artist[i] || ""} ${links.album_id[i]} ${links.pressings[i].map(searched).join(" ")}`)].join("\n")));
const composers = films.composers.map((list) => fold(list.join("\n")));
const order = {
  title: films.title.map((_, f) => f).sort((a, b) => films.title[a].localeCompare(films.title[b], "en", { numeric: true }) || a - b),
};
const best = byFilm.map((list) => list.reduce((top, i) => (links.decision[i] === "reject" ? top : Math.max(top, links.probability[i] ?? 1)), -1));
const linked = byFilm.map((list) => list.filter((i) => links.decision[i] === "accept").length);
const sorted = (key) => [...order.title].sort((a, b) => key(a) - key(b));
order.found = sorted((f) => (best[f] < 0 ? 1 : 0));
order.year = sorted((f) => -(films.year[f] || 0));
order.doubt = sorted((f) => (best[f] < 0 ? 2 : best[f]));
order.albums = sorted((f) => -linked[f]);

const served = location.protocol.startsWith("http") && location.pathname.startsWith("/report"); // by `soundtracks open`

function why(i) {
  const steps = links.steps[i].map(([kind, value, weight]) => ({ label: kinds[kind][0], level: kinds[kind][1], value, weight }));
  const box = el("div", { class: "why" });
  const facts = [];
  facts.push(outside(links.url[i], links.url[i] ? `${links.album_id[i]} on Discogs` : links.album_id[i]));
  if (links.tracks[i]) facts.push(` · ${plural(links.tracks[i], "track")}`);
  box.append(el("p", { class: "small" }, facts));
  if (served && links.decision[i] === "review") box.append(el("p", {}, el("a", { class: "button", href: `/review#album=${encodeURIComponent(links.album_id[i])}` }, "Review it")));
  const wanted = encodeURIComponent([links.title[i], links.artist[i]].filter(Boolean).join(" "));
  if (links.title[i]) box.append(el("p", { class: "small" }, "Listen: ", outside(`https://www.youtube.com/results?search_query=${wanted}`, "YouTube"), " · ", outside(`https://open.spotify.com/search/${wanted}`, "Spotify")));
  if (links.reviewer[i]) box.append(el("p", { class: "small" }, `Decided by ${links.reviewer[i]} on ${(links.reviewed_at[i] || "").slice(0, 10)}; below is what the model found.`));
  box.append(waterfall(steps, links.probability[i]));
  const pressings = links.pressings[i].filter(([id]) => id !== links.album_id[i] || links.pressings[i].length > 1);
  if (pressings.length) box.append(el("details", { class: "pressings" },
    el("summary", { class: "small" }, plural(pressings.length, "pressing")),
    el("ul", { class: "small" }, pressings.map((one) => pressing(...one)))));
  else if (links.pressings[i].length && links.pressings[i][0][2]) box.append(el("p", { class: "small" }, say(links.pressings[i][0][2])));
  if (links.runner_up[i] !== null) {
    const other = links.runner_up[i];
    box.append(el("p", { class: "small soft" }, "Next best film: ", say(films.title[other]), films.year[other] ? ` (${films.year[other]})` : "",
      links.gap[i] === null ? "" : `, ${plural(links.gap[i], "bit")} behind`));
  }
  return box;
}

function pressing(id, title, facts, decision, reviewer) {
  return el("li", {}, outside(discogsUrl(id), title ? say(title) : "", title && facts ? " · " : "", facts ? say(facts) : "", title || facts ? "" : id),
    decision ? el("span", { class: `badge ${decision}` }, `${NAMES[decision] || decision}${reviewer ? ` (${reviewer})` : ""}`) : "");
}

function album(i, film) {
  const details = el("details", { ontoggle: () => { if (details.open && details.children.length === 1) details.append(why(i)); } },
    el("summary", {},
      el("span", { class: "name" }, say(links.title[i] || links.album_id[i]),
        el("span", { class: "soft" }, links.artist[i] ? " · " : "", links.artist[i] ? say(links.artist[i]) : "", links.year[i] ? ` · ${links.year[i]}` : "", links.pressings[i].length > 1 ? ` · ${links.pressings[i].length} pressings` : "", film ? " · film: " : "", film ? say(film) : "")),
      el("span", { class: `badge ${links.decision[i]}` }, NAMES[links.decision[i]] || links.decision[i]),
      links.reviewer[i] ? el("span", { class: "badge person" }, `by ${links.reviewer[i]}`) : "",
      el("span", { class: "sure" }, links.probability[i] === null ? "" : percent(links.probability[i]))));
  return el("li", { class: "album" }, details);
}

function card(f) {
  const shown = byFilm[f].filter((i) => links.decision[i] !== "reject" || links.reviewer[i]);
  const others = byFilm[f].filter((i) => links.decision[i] === "reject" && !links.reviewer[i]);
  const facts = [];
  if (films.original[f] && films.original[f] !== films.title[f]) facts.push(say(films.original[f]));
  if (films.composers[f].length) facts.push(el("span", {}, "music: ", say(films.composers[f].join(", "))));
  if (films.language[f]) facts.push(languageName(films.language[f]));
  if (films.url[f]) facts.push(outside(films.url[f], "TMDB", el("span", { class: "unseen" }, " page of ", films.title[f])));
  const node = el("article", { class: "card film" }, poster(films.poster[f]),
    el("h3", {}, say(films.title[f]), films.year[f] ? el("span", { class: "year" }, ` ${films.year[f]}`) : ""),
    el("p", { class: "facts" }, facts.flatMap((fact, n) => (n ? [" · ", fact] : [fact]))));
  if (shown.length) node.append(el("ul", { class: "albums" }, shown.map((i) => album(i))));
  else node.append(el("p", { class: "none" }, "No album found."));
  if (others.length) {
    const list = el("ul", { class: "albums" });
    const fold = el("details", { class: "others", ontoggle: () => { if (fold.open && !list.children.length) list.append(...others.map((i) => album(i))); } },
      el("summary", {}, `${plural(others.length, "album")} looked at and not linked`), list);
    node.append(fold);
  }
  return node;
}

// A list that is drawn a page at a time.
function pager(box, button, draw) {
  let rows = [];
  let shown = 0;
  const more = (count = PAGE) => {
    const next = rows.slice(shown, shown + count);
    box.append(...next.map(draw));
    shown += next.length;
    button.hidden = shown >= rows.length;
    button.textContent = `Show more (${(rows.length - shown).toLocaleString("en")} left)`;
  };
  button.addEventListener("click", () => {
    const first = box.children.length;
    more();
    const target = box.children[first] && box.children[first].querySelector("summary, a");
    if (target) target.focus();
  });
  return { set(list) { rows = list; shown = 0; box.replaceChildren(); more(); }, all: () => more(1000) };
}

const form = document.getElementById("filters");
const count = document.getElementById("count");
const clear = document.getElementById("clear");
const list = pager(document.getElementById("list"), document.getElementById("more"), card);

function wanted() {
  const value = Object.fromEntries(new FormData(form));
  const number = (text) => (text.trim() === "" || Number.isNaN(Number(text.replace(",", "."))) ? null : Number(text.replace(",", ".")));
  return { ...value, words: fold(value.q).split(/\s+/).filter(Boolean), composer: fold(value.composer.trim()),
    from: number(value.from), to: number(value.to), least: number(value.least), most: number(value.most) };
}

function matches(f, want) {
  if (want.language && films.language[f] !== want.language) return false;
  if (want.from !== null && !(films.year[f] >= want.from)) return false;
  if (want.to !== null && !(films.year[f] && films.year[f] <= want.to)) return false;
  if (want.composer && !composers[f].includes(want.composer)) return false;
  if (!want.words.every((word) => haystack[f].includes(word) || isYear(word, films.year[f]))) return false;
  if (want.decision === "none") return best[f] < 0;
  if (!want.decision && want.least === null && want.most === null) return true;
  return byFilm[f].some((i) => {
    if (want.decision === "person" ? !links.reviewer[i] : want.decision ? links.decision[i] !== want.decision : links.decision[i] === "reject") return false;
    const sure = links.probability[i];
    if (want.least === null && want.most === null) return true;
    return sure !== null && (want.least === null || 100 * sure >= want.least) && (want.most === null || 100 * sure <= want.most);
  });
}

function update() {
  const want = wanted();
  const found = (order[want.sort] || order.found).filter((f) => matches(f, want));
  list.set(found);
  count.textContent = found.length ? `${plural(found.length, "film")}${found.length < films.id.length ? ` of ${films.id.length.toLocaleString("en")}` : ""}` : "No film fits: clear a filter.";
  const given = [...new FormData(form)].filter(([name, value]) => value && !(name === "sort" && value === "found"));
  clear.hidden = !given.length;
  const hash = new URLSearchParams(given).toString();
  try { history.replaceState(null, "", hash ? `#?${hash}` : location.pathname + location.search); } catch { /* a sandboxed frame */ }
}

function tally(values) {
  const counts = new Map();
  values.forEach((value) => counts.set(value, (counts.get(value) || 0) + 1));
  return [...counts].sort((a, b) => b[1] - a[1]);
}

form.language.append(...tally(films.language.filter(Boolean)).map(([code, n]) => el("option", { value: code }, `${languageName(code)} (${n})`)));
document.getElementById("composers").append(...tally(films.composers.flat()).slice(0, 500).map(([name]) => el("option", { value: name })));
let waiting;
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 60); });
form.addEventListener("submit", (event) => { event.preventDefault(); update(); });
clear.addEventListener("click", () => { form.reset(); update(); form.q.focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); form.q.focus(); }
});

form.hidden = false;
// on a phone, where all but the search is folded away
const unfold = document.getElementById("unfold");
function foldFilters(folded) {
  form.classList.toggle("folded", folded);
  unfold.setAttribute("aria-expanded", String(!folded));
  unfold.textContent = folded ? "More filters" : "Fewer filters";
}
unfold.addEventListener("click", () => foldFilters(!form.classList.contains("folded")));
if (location.hash.startsWith("#?")) new URLSearchParams(location.hash.slice(2)).forEach((value, name) => {
  const field = form.elements.namedItem(name); // elements["length"] is a number, and no field
  if (field) field.value = value;
  if (name !== "q") foldFilters(false); // who comes with a filter sees it
});
const anchor = location.hash.startsWith("#?") ? "" : location.hash;
update();
if (anchor) { try { history.replaceState(null, "", anchor); } catch { /* as above */ } }

const queueBox = document.getElementById("queue");
if (queueBox) {
  const items = el("ul", {});
  queueBox.append(items);
  const waitingReview = links.decision.flatMap((decision, i) => (decision === "review" ? [i] : []))
    .sort((a, b) => (links.probability[b] ?? 0) - (links.probability[a] ?? 0));
  pager(items, document.getElementById("queue-more"), (i) => {
    const f = links.film[i];
    return album(i, f === null ? "none" : `${films.title[f]}${films.year[f] ? ` (${films.year[f]})` : ""}`);
  }).set(waitingReview);
}
offerThemes(document.getElementById("theme"));
window.addEventListener("beforeprint", () => list.all());
