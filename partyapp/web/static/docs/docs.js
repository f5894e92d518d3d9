/** Reads the description and shows it: operations by tag, then the objects they speak of. */

import { el, prose } from "./dom.js";
import { operationView } from "./operation-view.js";
import { fieldsTable, typeOf } from "./schema-view.js";

// Beside this page, wherever that is.
const ADDRESS = "openapi.json";
const WIDE = matchMedia("(min-width: 900px)");

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Everything that can be filtered: what it shows, its line in the contents, and its words. */
const entries = /** @type {{ view: HTMLElement, line: HTMLElement, words: string }[]} */ ([]);

/** @param {any} description */
function show(description) {
  const byTag = new Map(description.tags.map((tag) => [tag.name, { tag, views: [], lines: [] }]));
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const group = byTag.get(operation.tags[0]);
      const view = operationView(description, path, method, operation);
      const line = contentsLine(operation.operationId, operation.summary);
      group.views.push(view);
      group.lines.push(line);
      entries.push({ view, line, words: `${method} ${path} ${operation.tags[0]} ${view.textContent}`.toLowerCase() });
    }
  }
  const sections = [...byTag.values()].map(({ tag, views }) => section(tag.name, tag.description, views));
  const groups = [...byTag.values()].map(({ tag, lines }) => contentsGroup(tag.name, lines));
  const objects = objectsOf(description);
  byId("operations").replaceChildren(...sections, section("Objects", "What requests and answers are made of.", objects.views));
  byId("nav").replaceChildren(...groups, contentsGroup("Objects", objects.lines));
}

/** @param {any} description */
function objectsOf(description) {
  const views = [];
  const lines = [];
  for (const [name, schema] of Object.entries(description.components.schemas).sort()) {
    const use = name.endsWith("Request") ? "request" : "answer";
    const view = el("details", { class: "operation", id: `object-${name}` },
      el("summary", {}, el("code", { class: "path" }, name), el("span", { class: "said" }, firstLine(schema.description))),
      el("div", { class: "inside" },
        ...restOf(schema.description),
        schema.oneOf
          ? el("p", {}, "One of: ", ...typeOf(schema))
          : (fieldsTable(description, schema, `Fields of ${name}`, use) ?? el("p", {}, "It holds nothing.")),
      ),
    );
    const line = contentsLine(view.id, name);
    views.push(view);
    lines.push(line);
    entries.push({ view, line, words: `${view.textContent}`.toLowerCase() });
  }
  return { views, lines };
}

/** @param {string} [text] */
const firstLine = (text = "") => text.split("\n")[0].replaceAll("`", "");

/** What a description says after its first line. @param {string} [text] */
function restOf(text = "") {
  const rest = text.split("\n").slice(1).join("\n").trim();
  return rest ? [el("p", {}, ...prose(rest))] : [];
}

/** @param {string} name @param {string} about @param {HTMLElement[]} views */
function section(name, about, views) {
  return el("section", { class: "group", "aria-labelledby": `tag-${name}` },
    el("h2", { id: `tag-${name}` }, name), el("p", { class: "quiet" }, ...prose(about)), ...views);
}

/** @param {string} name @param {HTMLElement[]} lines */
function contentsGroup(name, lines) {
  return el("div", { class: "contents-group" }, el("a", { class: "contents-tag", href: `#tag-${name}` }, name), el("ul", {}, ...lines));
}

/** @param {string} id @param {string} words */
const contentsLine = (id, words) => el("li", {}, el("a", { href: `#${id}` }, words));

/** Show what holds every word of the filter, and say how many that are. @param {string} text */
function filter(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { view, line, words } of entries) {
    const fits = wanted.every((word) => words.includes(word));
    view.hidden = line.hidden = !fits;
    found += fits ? 1 : 0;
  }
  for (const group of document.querySelectorAll(".group, .contents-group")) {
    const shown = group.querySelector("details.operation:not([hidden]), li:not([hidden])");
    /** @type {HTMLElement} */ (group).hidden = !shown;
  }
  document.body.classList.toggle("filtering", wanted.length > 0);
  byId("found").textContent = wanted.length ? `${found} of ${entries.length} found` : "";
}

/** Open what the address names, and go there. */
function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.hidden) clearFilter();
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.querySelector("summary")?.focus({ preventScroll: true });
  }
  target.scrollIntoView();
  if (!WIDE.matches && target.id !== "contents") /** @type {HTMLDetailsElement} */ (byId("contents")).open = false;
}

function clearFilter() {
  /** @type {HTMLInputElement} */ (byId("filter")).value = "";
  filter("");
}

function listen() {
  const box = /** @type {HTMLInputElement} */ (byId("filter"));
  const contents = /** @type {HTMLDetailsElement} */ (byId("contents"));
  box.addEventListener("input", () => filter(box.value));
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== box && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && document.activeElement === box) {
      clearFilter();
    }
  });
  // A link to where one is already changes no address, so it is followed by hand.
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) follow();
  });
  for (const [id, open] of /** @type {[string, boolean][]} */ ([["open-all", true], ["close-all", false]])) {
    byId(id).addEventListener("click", () => {
      for (const { view } of entries) if (!view.hidden) /** @type {HTMLDetailsElement} */ (view).open = open;
    });
  }
  const settle = () => { contents.open = WIDE.matches; };
  WIDE.addEventListener("change", settle);
  settle();
  for (const id of ["search", "contents", "actions"]) byId(id).hidden = false;
}

async function start() {
  const place = byId("operations");
  try {
    const answer = await fetch(ADDRESS, { signal: AbortSignal.timeout(15000) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
  } catch {
    place.replaceChildren(el("p", { class: "notice", role: "alert" },
      "The description could not be loaded. Reload the page, or read ", el("a", { href: ADDRESS }, "openapi.json"), "."));
    place.removeAttribute("aria-busy");
    return;
  }
  place.removeAttribute("aria-busy");
  listen();
  follow();
}

void start();
