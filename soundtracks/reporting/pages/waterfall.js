"use strict";

// The waterfall of evidence: each step starts where the one before ended. steps: [{label, level, value, weight}], weights in bits.
// What is not known weighs nothing, and is named below the table. The sum is the log2 of the odds that the probability says.
function waterfall(all, probability) {
  const steps = all.filter((step) => step.level !== "unknown" || step.weight);
  const unknown = all.filter((step) => !steps.includes(step)).map((step) => step.label.toLowerCase());
  if (!steps.length) return el("p", { class: "soft" }, "No evidence was kept for this link.");
  let sum = 0;
  let low = 0;
  let high = 0;
  const bars = steps.map((step) => {
    const from = sum;
    sum += step.weight;
    low = Math.min(low, sum);
    high = Math.max(high, sum);
    return { ...step, from, to: sum };
  });
  const span = Math.max(high - low, 1);
  const x = (bits) => ((bits - low) / span) * 100;
  const zero = () => el("line", { class: "step-zero", x1: x(0), x2: x(0), y1: 0, y2: 18 });
  const picture = (from, to) => el("svg", { viewBox: "0 0 100 18", preserveAspectRatio: "none", "aria-hidden": "true" },
    zero(),
    el("rect", { class: to >= from ? "step-for" : "step-against", x: x(Math.min(from, to)), width: Math.max(Math.abs(x(to) - x(from)), 0.6), y: 3, height: 12 }));
  const rows = bars.map((bar) => el("tr", {},
    el("th", { scope: "row" }, bar.label, el("span", { class: "found" }, say([bar.level, bar.value].filter(Boolean).join(": ")))),
    el("td", { class: "picture" }, picture(bar.from, bar.to)),
    el("td", { class: "number" }, signed(bar.weight)),
    el("td", { class: "number sum" }, signed(bar.to))));
  rows.push(el("tr", { class: "total" },
    el("th", { scope: "row" }, "All together", el("span", { class: "found" }, `${percent(probability)} likely`)),
    el("td", { class: "picture" }, picture(0, sum)),
    el("td", { class: "number" }, el("strong", {}, signed(sum))),
    el("td", { class: "number sum" })));
  const table = el("table", { class: "waterfall" },
    el("caption", { class: "unseen" }, "Evidence for this link, in bits"),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col" }, "What was compared"),
      el("th", { scope: "col" }, el("span", { class: "unseen" }, "Picture")),
      el("th", { scope: "col", class: "number" }, "Bits"),
      el("th", { scope: "col", class: "number sum" }, "Sum"))),
    el("tbody", {}, rows));
  return el("div", {}, table, unknown.length ? el("p", { class: "small soft" }, `Not known, so it weighs nothing: ${unknown.join(", ")}.`) : "");
}
