"use strict";

// Builds an element. Text is only ever set as text, so nothing that came from outside becomes markup.
function el(tag, attributes, ...children) {
  const svg = ["svg", "rect", "line"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// Titles come in every script: each stands in its own direction.
function say(text) {
  return el("bdi", {}, text);
}

function outside(url, ...children) {
  return url ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, ...children) : el("span", {}, ...children);
}

// The page of an album on Discogs; null for ids of other catalogues.
function discogsUrl(id) {
  const [, kind, number] = /^(master|release):([0-9]+)$/.exec(id) || [];
  return kind ? `https://www.discogs.com/${kind}/${number}` : null;
}

// A poster of TMDB, where pages show them. The title stands beside it: a picture that does not come is no loss.
function poster(url) {
  return url ? el("img", { class: "poster", src: url, alt: "", loading: "lazy", width: 92, height: 138, referrerpolicy: "no-referrer", onerror: (event) => event.target.remove() }) : "";
}

function percent(share) {
  if (share === null || share === undefined) return "unknown";
  if (share > 0.999) return "> 99.9 %"; // rounded to 1 it is no certainty either
  if (share < 0.001) return "< 0.1 %";
  return `${(100 * share).toFixed(1).replace(/\.0$/, "")} %`;
}

function signed(number, digits = 1) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(digits)}`;
}

function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

let languages;
function languageName(code) {
  try {
    languages = languages || new Intl.DisplayNames(["en"], { type: "language" });
    return languages.of(code);
  } catch { return code; }
}

// Light, dark, or as the system has it until somebody chooses. Storage may be forbidden for local files.
function offerThemes(button) {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`); };
  try { const kept = localStorage.getItem("theme"); if (kept === "dark" || kept === "light") root.dataset.theme = kept; } catch { /* not allowed: follow the system */ }
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* not kept */ }
    name();
  });
  name();
}
