/** Building elements from text: nothing of the description is ever read as HTML. */

/**
 * An element. Children are nodes, texts, or nothing; attributes that are null or false are left out.
 * @param {string} name
 * @param {Record<string, string | boolean | null>} attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * A text in which `words` between backticks are code.
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

/**
 * A table with a heading for each column, in a frame that scrolls by itself on a narrow screen.
 * @param {string} caption
 * @param {string[]} headings
 * @param {(Node | string | (Node | string)[])[][]} rows
 */
export function table(caption, headings, rows) {
  const body = rows.map((cells) =>
    el("tr", {}, ...cells.map((cell, index) => {
      const content = Array.isArray(cell) ? cell : [cell];
      return el(index ? "td" : "th", { scope: index ? null : "row", "data-label": headings[index] }, ...content);
    })),
  );
  return el("table", {},
    el("caption", { class: "sr-only" }, caption),
    el("thead", {}, el("tr", {}, ...headings.map((heading) => el("th", { scope: "col" }, heading)))),
    el("tbody", {}, ...body),
  );
}
