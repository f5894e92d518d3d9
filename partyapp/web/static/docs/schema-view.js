/** JSON Schema, as the description uses it, for people. */

import { el, prose, table } from "./dom.js";

/** @typedef {Record<string, any>} Schema */

/** The last part of a `$ref`. @param {string} reference */
export const nameOf = (reference) => reference.split("/").at(-1) ?? "";

/**
 * What a `$ref` leads to; anything else is itself.
 * @param {any} description
 * @param {any} value
 */
export function resolved(description, value) {
  if (!value?.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((place, step) => place[step], description);
}

/**
 * The type of a value in a few words, with links to the objects it names.
 * @param {Schema} schema
 * @returns {(Node | string)[]}
 */
export function typeOf(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [el("a", { href: `#object-${name}` }, name)];
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return joined(choices.map(typeOf), " or ");
  if (schema.items) return ["list of ", ...typeOf(schema.items)];
  const kinds = [schema.type ?? "anything"].flat();
  return [kinds.join(" or ") + (schema.format ? ` (${schema.format})` : "")];
}

/** @param {(Node | string)[][]} parts @param {string} between */
const joined = (parts, between) => parts.flatMap((part, index) => (index ? [between, ...part] : part));

/**
 * What a value is held to besides its type.
 * @param {Schema} schema
 * @returns {(Node | string)[][]}
 */
export function limitsOf(schema) {
  /** @type {(Node | string)[][]} */
  const limits = [];
  const words = schema.enum ?? schema.anyOf?.find((/** @type {Schema} */ choice) => choice.enum)?.enum;
  if (words?.length > 1) limits.push(joined(words.map((/** @type {any} */ value) => [el("code", {}, String(value))]), " · "));
  const range = between(schema.minimum, schema.maximum, "");
  const length = between(schema.minLength, schema.maxLength, " characters");
  if (range) limits.push([range]);
  if (length) limits.push([length]);
  if (schema.default !== undefined && schema.default !== null) {
    limits.push(["default ", el("code", {}, String(schema.default))]);
  }
  return limits;
}

/** @param {number | undefined} low @param {number | undefined} high @param {string} unit */
function between(low, high, unit) {
  if (low === undefined && high === undefined) return "";
  if (high === undefined) return `${low} or more${unit}`;
  return low === undefined ? `at most ${high}${unit}` : `${low} to ${high}${unit}`;
}

/**
 * One row: name, type, meaning.
 * @param {string} name
 * @param {Schema} schema
 * @param {string} about
 * @param {string} need
 */
export function fieldRow(name, schema, about, need) {
  const meaning = el("div", {}, ...prose(about));
  const limits = limitsOf(schema).map((limit) => el("div", { class: "limit" }, ...limit));
  return [
    [el("code", { class: "field" }, name), need ? el("span", { class: "need" }, need) : ""],
    el("span", { class: "type" }, ...typeOf(schema)),
    el("div", {}, about ? meaning : null, ...limits),
  ];
}

/**
 * A table of an object's fields; null for one without any.
 * @param {any} description
 * @param {Schema} schema
 * @param {string} caption
 * @param {"request" | "answer"} use in a request the needed fields are marked, in an answer the others
 */
export function fieldsTable(description, schema, caption, use) {
  const object = resolved(description, schema);
  const fields = Object.entries(object.properties ?? {});
  if (!fields.length) return null;
  const rows = fields.map(([name, field]) => {
    const required = (object.required ?? []).includes(name);
    const need = use === "request" ? (required ? "required" : "") : required ? "" : "optional";
    return fieldRow(name, field, field.description ?? "", need);
  });
  return table(caption, ["Field", "Type", "Meaning"], rows);
}

/**
 * A small value that the schema takes: the required fields, and those that show what is meant.
 * @param {any} description
 * @param {Schema} schema
 * @returns {any}
 */
export function exampleOf(description, schema) {
  const found = resolved(description, schema);
  if (found.properties) {
    const names = Object.keys(found.properties).filter((name) => (found.required ?? []).includes(name));
    return Object.fromEntries(names.map((name) => [name, exampleOf(description, found.properties[name])]));
  }
  if (found.enum) return found.enum[0];
  const kind = [found.type].flat()[0];
  if (kind === "string") {
    const byFormat = { uuid: "01980000-0000-7000-8000-000000000000", "uri-reference": "/media/sample.mp4" };
    return byFormat[found.format] ?? "Ada";
  }
  if (kind === "number" || kind === "integer") return Math.max(found.minimum ?? 0, 12);
  return kind === "boolean" ? true : null;
}
