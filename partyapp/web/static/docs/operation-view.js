/** One operation: what it takes, what it answers, and why it may refuse. */

import { el, prose, table } from "./dom.js";
import { exampleOf, fieldRow, fieldsTable, nameOf, resolved } from "./schema-view.js";

const PROBLEM = "application/problem+json";

/**
 * @param {any} description
 * @param {string} path
 * @param {string} method
 * @param {any} operation
 */
export function operationView(description, path, method, operation) {
  const signIn = operation.security && !operation.security.length;
  return el("details", { class: "operation", id: operation.operationId },
    el("summary", {},
      el("span", { class: `method method-${method}` }, method.toUpperCase()),
      el("code", { class: "path" }, ...breakable(path)),
      el("span", { class: "said" }, operation.summary),
    ),
    el("div", { class: "inside" },
      operation.description ? el("p", {}, ...prose(operation.description)) : null,
      el("p", { class: "quiet" },
        signIn ? "Open to everybody." : "Needs a bearer token.", " ",
        el("a", { href: `#${operation.operationId}`, class: "anchor" }, `#${operation.operationId}`),
      ),
      parametersView(description, operation),
      bodyView(description, operation),
      ...answersView(description, operation),
      problemsView(description, operation),
      exampleView(description, path, method, operation),
    ),
  );
}

/** A path that may be broken after a slash. @param {string} path */
const breakable = (path) => path.split(/(?<=\/)/).flatMap((part, index) => (index ? [el("wbr"), part] : [part]));

/** @param {any} description @param {any} operation */
function parametersView(description, operation) {
  const found = operation.parameters.map((parameter) => resolved(description, parameter));
  if (!found.length) return null;
  const rows = found.map(({ name, schema, description: about = "", required, in: place }) =>
    fieldRow(name, schema, about, required ? place : `${place}, optional`));
  return el("section", {}, el("h4", {}, "Parameters"), table("Parameters", ["Name", "Type", "Meaning"], rows));
}

/** @param {any} description @param {any} operation */
function bodyView(description, operation) {
  const body = operation.requestBody;
  if (!body) return null;
  const [type, { schema }] = bodyOf(operation);
  const fields = fieldsTable(description, schema, "Fields of the body", "request");
  return el("section", {},
    el("h4", {}, "Body ", el("span", { class: "quiet" }, body.required ? type : `${type}, optional`)),
    fields ?? el("p", {}, schema.format === "binary" ? "Bytes." : "An empty object, or no body at all."),
  );
}

/**
 * The media type of a body, and what that holds.
 * @param {any} operation
 * @returns {[string, any]}
 */
const bodyOf = (operation) => Object.entries(operation.requestBody?.content ?? {})[0] ?? ["", {}];

/** What curl sends as such a body. @param {any} description @param {string} type @param {any} schema */
function bodyOfExample(description, type, schema) {
  if (type === "multipart/form-data") return ["-F file=@FILE"];
  const sent = schema.format === "binary" ? "--data-binary @FILE" : `-d '${JSON.stringify(exampleOf(description, schema))}'`;
  return [`-H "Content-Type: ${type}"`, sent];
}

/** @param {any} description @param {any} operation */
function answersView(description, operation) {
  return Object.entries(operation.responses)
    .map(([status, value]) => ({ status, answer: resolved(description, value) }))
    .filter(({ answer }) => !answer.content?.[PROBLEM])
    .map(({ status, answer }) => answerView(description, status, answer));
}

/** @param {any} description @param {string} status @param {any} answer */
function answerView(description, status, answer) {
  const [type, content] = Object.entries(answer.content ?? {})[0] ?? [];
  const schema = content?.schema;
  const headers = Object.entries(answer.headers ?? {});
  return el("section", {},
    el("h4", {}, el("span", { class: "status status-good" }, status), ` ${answer.description} `,
      el("span", { class: "quiet" }, type ?? "without a body")),
    headers.length
      ? table("Headers", ["Header", "Meaning"], headers.map(([name, header]) => [el("code", {}, name), prose(header.description)]))
      : null,
    schema?.$ref ? el("p", { class: "object-line" }, el("a", { href: `#object-${nameOf(schema.$ref)}` }, nameOf(schema.$ref))) : null,
    schema ? fieldsTable(description, schema, `Fields of the answer ${status}`, "answer") : null,
  );
}

/** @param {any} description @param {any} operation */
function problemsView(description, operation) {
  const rows = Object.entries(operation.responses).flatMap(([status, value]) => {
    const examples = resolved(description, value).content?.[PROBLEM]?.examples ?? {};
    return Object.entries(examples).map(([code, example]) => [
      el("span", { class: "status" }, status),
      el("code", {}, code),
      resolved(description, example).summary,
    ]);
  });
  if (!rows.length) return null;
  return el("section", { class: "problems" },
    el("h4", {}, "Problems ", el("a", { class: "quiet", href: "#object-Problem" }, PROBLEM)),
    table("Problems", ["Status", "Code", "Why"], rows),
  );
}

/** @param {any} description @param {string} path @param {string} method @param {any} operation */
function exampleView(description, path, method, operation) {
  if (operation.responses["101"]) return null;
  const origin = location.href.replace(/\/api\/docs.*$/s, "");
  const lines = [`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} ${origin}${path.replace(/\{(\w+)\}/g, (_, name) => `$${name.toUpperCase()}`)}`];
  if (!operation.security) lines.push('-H "Authorization: Bearer $TOKEN"');
  const [type, { schema }] = bodyOf(operation);
  if (schema) lines.push(...bodyOfExample(description, type, schema));
  return el("section", {}, el("h4", {}, "Example"), el("pre", { tabindex: "0", "aria-label": "Example" }, lines.join(" \\\n  ")));
}
