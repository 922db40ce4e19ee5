"use strict";

const POLL = 4000;
const LINKED = 6; // albums of a film that are linked already and shown: a person needs an idea, not a catalogue
const VERB = { accept: "accepted", reject: "rejected" };
const $ = (id) => document.getElementById(id);
const wantedAlbum = new URLSearchParams(location.hash.slice(1)).get("album"); // where a link of report or thresholds leads to
const token = takeToken();

let everything = []; // every album to review, before order and filter
let conflicts = []; // [what each person says of one album and film]
let toldOf = new Set(); // conflicts that this person was told of
let pairs = []; // every album to review that the filter leaves, film by film: {film, album, item}
let words = new Map(); // "album film" -> the decision that counts
let skipped = new Set();
let trail = []; // what this page did last, for undo: "skip" keys or "said"
let current = 0;
let me = "";
let busy = false;
const unfolded = new Set(); // albums whose pressings somebody looks at: a new drawing leaves them so
let heard = 0; // how often words came: an answer that was overtaken by a newer one is old news

const key = (album, film) => `${album} ${film}`;
const wordOn = (pair) => words.get(key(pair.album.album_id, pair.film.tmdb_id));
// An album whose film somebody named is settled, whatever the film was.
const settledAlbums = () => new Set([...words.values()].filter((w) => w.decision === "accept").map((w) => w.album_id));
const isOpen = (pair, settled) => !wordOn(pair) && !settled.has(pair.album.album_id);

const yearOf = (album) => album.first_year;
const titled = (title, year) => [say(title), year ? ` (${year})` : ""];

async function ask(path, options) {
  const answer = await fetch(path, options).catch(() => { throw new Error("The review service does not answer. Is `soundtracks review` still running?"); });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

function warn(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

function hear(answer) {
  heard += 1;
  words = new Map(answer.words.map((word) => [key(word.album_id, word.tmdb_id), word]));
  conflicts = answer.conflicts;
}

// Who was crossed by a later word is told, once, whatever is on the screen.
function tellConflicts() {
  for (const said of conflicts) {
    const mine = said.find((word) => word.by === me);
    const last = said[said.length - 1];
    const name = key(last.album_id, last.tmdb_id) + last.at;
    if (!mine || last.by === me || last.decision === mine.decision || toldOf.has(name)) continue;
    toldOf.add(name);
    warn(`${last.by} ${VERB[last.decision]} what you ${VERB[mine.decision]}: ${nameOf(last)}.${last.reason ? ` Why: ${last.reason}.` : ""} The later word counts; D lists where people disagree.`);
  }
}

function nameOf(word) {
  const pair = everything.find((one) => one.album.album_id === word.album_id || one.album.pressings.some((p) => p.album_id === word.album_id));
  return pair ? `${pair.album.title || word.album_id} → ${pair.film.tmdb_id === word.tmdb_id ? pair.film.title : `film ${word.tmdb_id}`}` : `${word.album_id} → film ${word.tmdb_id}`;
}

async function post(decisions) {
  const reason = $("reason").value.trim();
  const body = JSON.stringify({ decisions: decisions.map((decision) => ({ ...decision, by: me, reason: decision.decision === "undo" ? "" : reason })) });
  const answer = await ask("/api/decisions", { method: "POST", headers: { "content-type": "application/json", "x-review-token": token }, body });
  hear(answer);
  $("reason").value = "";
}

// drawing ------------------------------------------------------------------------------------------------------------

function drawFilm(pair) {
  const { film, item } = pair;
  const facts = [];
  const fact = (name, ...values) => { if (values.length) facts.push(el("div", {}, el("dt", {}, name), el("dd", {}, values))); };
  const list = (values, between) => (values && values.length ? [say(values.join(between))] : []);
  if (film.original_title !== film.title) fact("Original title", ...list(film.original_title && [film.original_title], ""));
  fact("Music by", ...list(film.composers, ", "));
  fact("With", ...list(film.performers, ", "));
  fact("Language", ...(film.language ? [languageName(film.language)] : []));
  fact("Also known as", ...list(film.other_titles, " · "));
  fact("Already linked", ...item.linked.slice(0, LINKED).map((name) => el("div", {}, say(name))),
    ...(item.linked.length > LINKED ? [el("div", { class: "soft" }, `and ${item.linked.length - LINKED} more`)] : []));
  $("film").replaceChildren(
    el("h2", { class: "side-name" }, "Film"),
    el("div", { class: "card" }, poster(film.poster),
      el("h3", { class: "film-title" }, ...titled(film.title || film.tmdb_id, film.year)),
      el("p", { class: "small" }, outside(film.url, film.url ? "Look it up on TMDB" : `TMDB ${film.tmdb_id}`)),
      // folded on a phone, where the album is what has to be seen
      el("details", { open: matchMedia("(min-width: 641px)").matches }, el("summary", { class: "small soft" }, "About the film"), el("dl", {}, facts))));
}

function badge(pair) {
  const word = wordOn(pair);
  const crossed = word && conflicts.find((said) => said[0].album_id === word.album_id && said[0].tmdb_id === word.tmdb_id);
  if (crossed) return el("span", { class: "badge review" }, crossed.map((one) => `${VERB[one.decision]} by ${one.by}`).join(", "));
  if (word) return el("span", { class: `badge ${word.decision}`, title: word.reason || null }, `${VERB[word.decision]} by ${word.by}`);
  const named = [...words.values()].find((w) => w.decision === "accept" && w.album_id === pair.album.album_id);
  if (named) return el("span", { class: "badge accept" }, `another film named by ${named.by}`);
  return skipped.has(key(pair.album.album_id, pair.film.tmdb_id)) ? el("span", { class: "badge reject" }, "skipped") : "";
}

function drawAlbum(pair, index) {
  const { album } = pair;
  const chosen = index === current;
  const node = el("article", { class: `card candidate${chosen ? " current" : ""}` },
    el("button", { type: "button", class: "head", "aria-expanded": String(chosen), "aria-current": chosen ? "true" : null, onclick: () => { current = index; draw(); } },
      el("span", { class: "name" }, say(album.title || album.album_id), el("span", { class: "soft" }, album.artist ? say(album.artist) : "", album.artist && yearOf(album) ? " · " : "", yearOf(album) || "")),
      badge(pair),
      el("span", { class: "soft small" }, `${percent(album.probability)} likely`)));
  if (!chosen) return node;
  const body = el("div", { class: "body" },
    el("p", { class: "small" }, outside(album.url, album.url ? "Look it up on Discogs" : album.album_id)),
    drawPressings(pair),
    waterfall(album.steps, album.probability),
    el("p", { class: "small soft" }, "Each bit doubles the odds that the album is this film’s; a minus bit halves them."));
  const alike = alikeWith(pair);
  if (alike.length) body.append(el("p", {}, el("button", { type: "button", class: "quiet", onclick: () => openAlike(pair, alike) }, `${plural(alike.length, "more", "more")} with the same evidence: decide all`)));
  if (album.runner_up) {
    const other = album.runner_up;
    body.append(el("div", { class: "next" },
      el("span", {}, "Next best film: ", ...titled(other.title || other.tmdb_id, other.year), album.runner_up_gap === null ? "" : el("span", { class: "soft" }, `, ${plural(Number(album.runner_up_gap.toFixed(1)), "bit")} behind`)),
      el("button", { type: "button", onclick: () => choose(other) }, "It is that one")));
  }
  node.append(body);
  return node;
}

// A decision covers the album with all its pressings, also those that are found later; one of them can be excepted.
function drawPressings(pair) {
  const { album, film } = pair;
  if (album.pressings.length < 2) {
    const facts = album.pressings.length ? album.pressings[0].facts : album.tracks ? plural(album.tracks, "track") : "";
    return facts ? el("p", { class: "small soft" }, say(facts)) : "";
  }
  const excepted = (one) => words.get(key(one.album_id, film.tmdb_id));
  const line = (one) => {
    const word = excepted(one);
    const title = one.title !== album.title ? one.title : "";
    return el("li", {},
      outside(one.url, title ? say(title) : "", title && one.facts ? " · " : "", one.facts ? say(one.facts) : "", title || one.facts ? "" : one.album_id), " ",
      word ? el("span", { class: `badge ${word.decision}` }, `${VERB[word.decision]} by ${word.by}`) : el("button", { type: "button", class: "quiet small", onclick: () => except(pair, one) }, "not this one"));
  };
  const node = el("details", { class: "pressings", open: unfolded.has(album.album_id) || album.pressings.some(excepted), ontoggle: () => { if (node.open) unfolded.add(album.album_id); else unfolded.delete(album.album_id); } },
    el("summary", { class: "small" }, `${plural(album.pressings.length, "pressing")}, decided together`),
    el("ul", { class: "small" }, album.pressings.map(line)));
  return node;
}

function draw() {
  const settled = settledAlbums();
  const open = pairs.filter((pair) => isOpen(pair, settled));
  const decided = pairs.length - open.length;
  $("progress").max = Math.max(pairs.length, 1);
  $("progress").value = decided;
  $("progress-text").textContent = `${decided} of ${pairs.length} decided`;
  const finished = current >= pairs.length;
  $("sides").hidden = finished;
  $("done").hidden = !finished;
  for (const name of ["accept", "reject", "other", "skip"]) document.querySelector(`[data-do="${name}"]`).disabled = finished;
  if (finished) {
    $("done").replaceChildren(
      el("h2", {}, pairs.length ? (open.length ? "The rest is skipped" : "Every link is decided") : everything.length ? "No title fits" : "Nothing to review"),
      el("p", { class: "soft" }, everything.length && !pairs.length ? "Clear the field *Only* to see what waits." : pairs.length ? "Run the linkage again: these decisions win over the model, and the report shows who decided." : "The last run left no doubtful links."),
      open.length ? el("p", {}, el("button", { type: "button", onclick: () => { skipped = new Set(); advance(0); } }, `Look at the ${open.length} skipped again`)) : "");
    return;
  }
  const pair = pairs[current];
  drawFilm(pair);
  const here = pairs.flatMap((other, i) => (other.item === pair.item ? [[other, i]] : []));
  $("albums").replaceChildren(
    el("h2", { class: "side-name" }, here.length === 1 ? "Is this its soundtrack?" : `Which of these ${here.length} albums are its soundtrack?`),
    ...here.map(([other, i]) => drawAlbum(other, i)));
}

// order and filter ---------------------------------------------------------------------------------------------------

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function arrange() {
  const order = { doubt: (pair) => Math.abs((pair.album.probability ?? 0) - 0.5), teaches: (pair) => -pair.album.teaches }[$("order").value];
  const wanted = plain($("only").value.trim());
  const named = (pair) => plain([pair.film.title, pair.film.original_title, pair.album.title, pair.album.artist].filter(Boolean).join(" "));
  const left = everything.filter((pair) => !wanted || named(pair).includes(wanted));
  pairs = order ? left.sort((a, b) => order(a) - order(b)) : left; // sort is stable: of equals the likeliest comes first
  advance(0);
}

// Others that wait with the very same evidence.
function alikeWith(pair) {
  const settled = settledAlbums();
  return pairs.filter((other) => other !== pair && other.album.like === pair.album.like && isOpen(other, settled));
}

function openAlike(pair, others) {
  if (!named()) return;
  const dialog = $("alike");
  const all = [pair, ...others];
  $("alike-list").replaceChildren(...all.map((one) => el("li", {}, say(one.album.title || one.album.album_id), " → ", ...titled(one.film.title || one.film.tmdb_id, one.film.year), el("span", { class: "soft" }, ` · ${percent(one.album.probability)}`))));
  dialog.returnValue = "";
  dialog.onclose = () => { if (dialog.returnValue) decideAll(all, dialog.returnValue); };
  dialog.showModal();
}

async function decideAll(all, decision) {
  await act(async () => {
    for (let at = 0; at < all.length; at += 10) await post(all.slice(at, at + 10).map((one) => ({ album_id: one.album.album_id, tmdb_id: one.film.tmdb_id, decision })));
    trail.push({ at: current });
    advance(current);
    tell(`${{ accept: "Accepted", reject: "Rejected" }[decision]}: ${plural(all.length, "album")}.`);
  });
}

// all decisions --------------------------------------------------------------------------------------------------------

function openDecisions() {
  const line = (word, more) => el("li", {}, el("span", { class: `badge ${word.decision}` }, VERB[word.decision]), " ", say(nameOf(word)),
    el("span", { class: "soft" }, ` · ${word.by}, ${word.at.slice(0, 16).replace("T", " ")}`, word.reason ? " · " : "", word.reason ? say(word.reason) : ""), more || "");
  const newest = [...words.values()].sort((a, b) => (a.at < b.at ? 1 : -1));
  const counts = new Map();
  newest.forEach((word) => counts.set(word.by, (counts.get(word.by) || 0) + 1));
  $("by-person").textContent = [...counts].sort((a, b) => b[1] - a[1]).map(([who, n]) => `${who}: ${n.toLocaleString("en")}`).join(" · ") || "Nobody has decided anything yet.";
  $("conflicts-title").hidden = !conflicts.length;
  $("conflicts").replaceChildren(...conflicts.flatMap((said) => said.map((word) => line(word, word === said[said.length - 1] ? el("span", { class: "soft" }, " · counts") : ""))));
  $("said").replaceChildren(...newest.map((word) => line(word, word.by === me ? el("button", { type: "button", class: "quiet small", onclick: () => revert(word) }, "take back") : "")));
  if (!$("decisions").open) $("decisions").showModal();
}

async function revert(word) {
  await act(async () => {
    await post([{ album_id: word.album_id, tmdb_id: word.tmdb_id, decision: "undo" }]);
    draw();
    openDecisions();
  });
}

// moving -------------------------------------------------------------------------------------------------------------

// The next open pair from a place on, round once; behind the last one when nothing is left.
function advance(from) {
  const settled = settledAlbums();
  const round = pairs.map((_, i) => (from + i) % pairs.length);
  const next = round.find((i) => isOpen(pairs[i], settled) && !skipped.has(key(pairs[i].album.album_id, pairs[i].film.tmdb_id)));
  current = next === undefined ? pairs.length : next;
  draw();
  window.scrollTo({ top: 0 });
}

function move(step) {
  if (!pairs.length) return;
  current = Math.min(Math.max(current + step, 0), pairs.length - 1);
  draw();
  const head = document.querySelector(".candidate.current .head");
  if (head) head.focus({ preventScroll: false });
}

// deciding -----------------------------------------------------------------------------------------------------------

// One thing at a time: a second key press while the first is on its way would decide the wrong album.
async function act(job) {
  if (busy) return;
  busy = true;
  try { await job(); warn(""); } catch (error) { warn(error.message); draw(); }
  busy = false;
}

function tell(text) {
  $("status").textContent = `${text} ${$("progress-text").textContent}.`;
}

async function decide(decision) {
  const pair = pairs[current];
  if (!pair || !named()) return;
  const at = current;
  await act(async () => {
    await post([{ album_id: pair.album.album_id, tmdb_id: pair.film.tmdb_id, decision }]);
    if (decision === "skip") {
      skipped.add(key(pair.album.album_id, pair.film.tmdb_id));
      trail.push({ skip: key(pair.album.album_id, pair.film.tmdb_id), at });
    } else trail.push({ at });
    advance(at + 1);
    tell(`${{ accept: "Accepted", reject: "Rejected", skip: "Skipped" }[decision]}: ${pair.album.title || pair.album.album_id}.`);
  });
}

// One pressing that the album's decision does not cover: it is not this film's.
async function except(pair, one) {
  if (!named()) return;
  const at = current;
  await act(async () => {
    await post([{ album_id: one.album_id, tmdb_id: pair.film.tmdb_id, decision: "reject" }]);
    trail.push({ at });
    draw();
    tell(`Excepted: ${one.title || one.album_id}, ${one.facts}.`);
  });
}

async function choose(film, target = pairs[current]) {
  const pair = target;
  if (!pair || !named()) return;
  const at = current;
  await act(async () => {
    const decisions = [{ album_id: pair.album.album_id, tmdb_id: film.tmdb_id, decision: "accept" }];
    if (pair.film && film.tmdb_id !== pair.film.tmdb_id) decisions.push({ album_id: pair.album.album_id, tmdb_id: pair.film.tmdb_id, decision: "reject" });
    await post(decisions);
    trail.push({ at });
    if (pair === pairs[at]) advance(at + 1); else draw();
    tell(`Linked to ${film.title}: ${pair.album.title || pair.album.album_id}.`);
  });
}

// Takes back the last thing this person did here; after a reload, their latest decision.
async function undo() {
  if (!named()) return;
  await act(async () => {
    const last = trail[trail.length - 1];
    if (last && last.skip) {
      skipped.delete(last.skip);
    } else {
      const mine = [...words.values()].filter((word) => word.by === me);
      const at = mine.map((word) => word.at).sort().pop();
      const together = mine.filter((word) => word.at === at);
      if (!together.length) { tell("There is nothing of yours to undo."); return; }
      await post(together.map((word) => ({ album_id: word.album_id, tmdb_id: word.tmdb_id, decision: "undo" })));
      if (!last) {
        const place = pairs.findIndex((pair) => together.some((word) => key(word.album_id, word.tmdb_id) === key(pair.album.album_id, pair.film.tmdb_id)));
        if (place >= 0) current = place;
      }
    }
    trail.pop();
    if (last) current = last.at;
    draw();
    tell("Undone.");
  });
}

// names --------------------------------------------------------------------------------------------------------------

function named() {
  if (!me) askName();
  return Boolean(me);
}

function showName() {
  $("who").textContent = me ? `Reviewing as ${me}` : "Who is reviewing?";
}

function askName() {
  const dialog = $("naming");
  const input = dialog.querySelector("input");
  input.value = me;
  dialog.showModal();
  input.select();
}

$("naming").querySelector("form").addEventListener("submit", () => {
  const name = $("naming").querySelector("input").value.trim();
  if (name) {
    me = name;
    try { localStorage.setItem("reviewer", me); } catch { /* asked again next time */ }
  }
  showName();
});

// another film -------------------------------------------------------------------------------------------------------

let found = [];
let marked = 0;
let moved = false;
let asked = 0;
let searched = null; // the album whose film is searched, and the film that was proposed for it

function openSearch(target = pairs[current]) {
  const pair = target;
  if (!pair || !named()) return;
  searched = pair;
  const dialog = $("choosing");
  $("choosing-album").replaceChildren(say(pair.album.title || pair.album.album_id));
  dialog.querySelector("input").value = "";
  found = [];
  moved = false;
  drawFound("");
  dialog.showModal();
}

function drawFound(text) {
  const input = $("choosing").querySelector("input");
  $("found").replaceChildren(...found.map((film, i) => el("li", { role: "option", id: `found-${i}`, "aria-selected": String(i === marked), onclick: () => pick(i) },
    ...titled(film.title || film.tmdb_id, film.year),
    film.composers && film.composers.length ? el("span", { class: "soft" }, " · music: ", say(film.composers.join(", "))) : "")));
  $("found-none").textContent = text && !found.length ? "No film of this lake has that title." : "";
  $("beyond").hidden = !text || !token;
  if (found.length) input.setAttribute("aria-activedescendant", `found-${marked}`); else input.removeAttribute("aria-activedescendant");
  const line = $(`found-${marked}`);
  if (line) line.scrollIntoView({ block: "nearest" });
}

function pick(i) {
  const film = found[i];
  if (!film) return;
  $("choosing").close();
  choose(film, searched);
}

$("choosing").querySelector("input").addEventListener("input", async (event) => {
  await find(event.target.value.trim(), "");
});

$("beyond").addEventListener("click", () => find($("choosing").querySelector("input").value.trim(), "&beyond=1"));

async function find(text, beyond) {
  const mine = ++asked; // answers may overtake each other
  let said = "";
  const none = (error) => { said = error.message; return { films: [] }; };
  const headers = { "x-review-token": token };
  const { films } = text ? await ask(`/api/films?q=${encodeURIComponent(text)}${beyond}`, { headers }).catch(none) : { films: [] };
  if (mine !== asked) return;
  const kept = moved ? films.findIndex((film) => film.tmdb_id === found[marked]?.tmdb_id) : -1;
  found = films;
  marked = Math.max(kept, 0); // a film that somebody went to stays marked, wherever it is now
  drawFound(text);
  if (said) $("found-none").textContent = said;
}

// a link that no run came across ---------------------------------------------------------------------------------------

function openLinking() {
  if (!named()) return;
  const dialog = $("linking");
  dialog.querySelector("input").value = "";
  $("linking-said").textContent = "";
  dialog.showModal();
}

$("linking-go").addEventListener("click", async (event) => {
  event.preventDefault();
  const address = $("linking").querySelector("input").value.trim();
  if (!/discogs\.com\/|^(master|release):[0-9]+$|^\[?[mr][0-9]+\]?$/i.test(address)) {
    $("linking-said").textContent = "That is no address of an album on Discogs, such as discogs.com/release/123.";
    return;
  }
  $("linking-said").textContent = "Looking it up…";
  try {
    const album = await ask(`/api/albums?q=${encodeURIComponent(address)}`, { headers: { "x-review-token": token } });
    $("linking").close();
    openSearch({ album, film: null });
  } catch (error) { $("linking-said").textContent = error.message; }
});

$("choosing").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) {
    event.preventDefault();
    marked = (marked + step + found.length) % found.length;
    moved = true;
    drawFound("x");
  } else if (event.key === "Enter" && event.target.name === "q") {
    event.preventDefault();
    pick(marked);
  }
});

// keys and start -----------------------------------------------------------------------------------------------------

const DO = { accept: () => decide("accept"), reject: () => decide("reject"), skip: () => decide("skip"), other: () => openSearch(), link: openLinking, undo, list: openDecisions, help: () => $("helping").showModal() };
const KEYS = { a: DO.accept, r: DO.reject, s: DO.skip, f: DO.other, l: DO.link, u: DO.undo, d: DO.list, "?": DO.help, e: () => $("reason").focus(), j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1) };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
  // the field of a dialog that was closed just now keeps the focus until the next picture: nobody types there any more
  if (/^(INPUT|SELECT)$/.test(event.target.tagName) && !event.target.closest("dialog")) { if (event.key === "Escape" || event.key === "Enter") event.target.blur(); return; }
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (action) { event.preventDefault(); action(); }
});
document.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", DO[button.dataset.do]));
$("who").addEventListener("click", askName);
$("order").addEventListener("change", arrange);
$("only").addEventListener("input", arrange);

// What others decide meanwhile is shown, without moving anything under the reader's eyes.
async function listen() {
  if (!document.hidden && !busy && pairs.length) {
    try {
      const before = JSON.stringify([[...words.values()], conflicts]);
      const asked = heard;
      const answer = await ask("/api/decisions");
      if (!busy && heard === asked && JSON.stringify([answer.words, answer.conflicts]) !== before) {
        const was = pairs[current] && wordOn(pairs[current]);
        hear(answer);
        draw();
        const now = pairs[current] && wordOn(pairs[current]);
        if (now && !was && now.by !== me) warn(`${now.by} ${VERB[now.decision]} this link just now. If you decide otherwise, yours counts: it is the later one.`);
        tellConflicts();
      }
    } catch (error) { warn(error.message); }
  }
  setTimeout(listen, POLL);
}

async function start() {
  offerThemes($("theme"));
  try { me = localStorage.getItem("reviewer") || ""; } catch { /* asked below */ }
  showName();
  const answer = await ask("/api/queue");
  everything = answer.items.flatMap((item) => item.albums.map((album) => ({ film: item.film, album, item })));
  hear(answer);
  arrange();
  tellConflicts();
  const place = pairs.findIndex((pair) => pair.album.album_id === wantedAlbum);
  if (place >= 0) { current = place; draw(); } else if (wantedAlbum) warn(`${wantedAlbum} does not wait for review: \`soundtracks review ${wantedAlbum}\` opens it.`);
  if (!token) warn("This page can show, but not decide: open the address that `soundtracks review` printed.");
  if (!me) askName();
  setTimeout(listen, POLL);
}
start().catch((error) => warn(error.message));
