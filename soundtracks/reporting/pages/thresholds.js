"use strict";

const EDGE = 6;
const $ = (id) => document.getElementById(id);
const chance = (bits) => 1 / (1 + 2 ** -bits);

let data;
let sums = []; // sums[n]: expected right ones among the first n links

function counted(value) {
  return Math.round(value).toLocaleString("en");
}

function edgeLine(i) {
  const { links } = data;
  const decided = links.decided[i];
  return el("li", {},
    say(links.album[i]), el("span", { class: "soft" }, " → ", say(links.film[i]), ` · ${percent(chance(links.bits[i]))}`), " ",
    decided ? el("span", { class: `badge ${decided}` }, `${decided === "accept" ? "linked" : "not linked"} by a person`) : el("a", { href: `/review#album=${encodeURIComponent(links.album_id[i])}` }, "review"));
}

function show() {
  const at = Number($("threshold").value);
  const { bits } = data.links;
  let low = 0;
  let high = bits.length;
  while (low < high) { // the first link below the threshold: they stand surest first
    const middle = (low + high) >> 1;
    if (bits[middle] >= at) low = middle + 1; else high = middle;
  }
  const right = sums[low];
  $("share").textContent = `${percent(chance(at))} (${signed(at, 2)} bits)`;
  $("count").textContent = counted(low);
  $("right").textContent = low ? percent(right / low) : "–";
  $("wrong").textContent = counted(low - right);
  $("missed").textContent = counted(sums[bits.length] - right);
  const around = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, n) => edgeLine(from + n));
  $("above").replaceChildren(...around(Math.max(0, low - EDGE), low).reverse());
  $("below").replaceChildren(...around(low, Math.min(bits.length, low + EDGE)));
}

function drawWeights() {
  const most = Math.max(1, ...data.weights.flatMap((one) => one.levels.map(([, bits]) => Math.abs(bits))));
  const x = (bits) => 50 + (bits / most) * 50;
  $("weights").replaceChildren(...data.weights.map((one) => el("div", { class: "card" },
    el("h3", {}, one.evidence),
    el("table", {}, el("tbody", {}, one.levels.map(([level, bits]) => el("tr", {},
      el("td", {}, level),
      el("td", {}, el("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
        el("rect", { class: bits > 0 ? "step-for" : "step-against", x: Math.min(50, x(bits)), width: Math.max(0.6, Math.abs(x(bits) - 50)), y: 2, height: 8 }),
        el("line", { class: "step-zero", x1: 50, x2: 50, y1: 0, y2: 12 }))),
      el("td", { class: "number" }, signed(bits)))))))));
}

function drawPatterns() {
  const NAMES = { accept: "linked", review: "to review", reject: "not linked" };
  $("patterns").replaceChildren(...data.patterns.map((one) => el("li", {},
    el("p", {}, one.levels.join(" · ") || "No evidence was kept."),
    el("p", { class: "small soft" }, Object.entries(one.counts).filter(([, n]) => n).map(([decision, n]) => `${n.toLocaleString("en")} ${NAMES[decision]}`).join(", ")),
    el("ul", { class: "small" }, one.examples.map((link) => el("li", {}, say(link.album), " → ", say(link.film), ` · ${percent(link.probability)} `,
      el("a", { href: `/review#album=${encodeURIComponent(link.album_id)}` }, "review")))))));
}

async function start() {
  offerThemes($("theme"));
  const answer = await fetch("/api/thresholds");
  if (!answer.ok) throw new Error(await answer.text());
  data = await answer.json();
  sums = [0];
  data.links.bits.forEach((bits, i) => {
    const decided = data.links.decided[i];
    sums.push(sums[i] + (decided ? (decided === "accept" ? 1 : 0) : chance(bits)));
  });
  const reset = () => { $("threshold").value = data.accept; show(); };
  $("threshold").addEventListener("input", show);
  $("reset").addEventListener("click", reset);
  reset();
  drawWeights();
  drawPatterns();
}
start().catch((error) => { $("notice").textContent = error.message; $("notice").hidden = false; });
