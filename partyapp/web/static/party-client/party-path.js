// @ts-check
/** @param {string} id @param {string} [rest] @returns {string} the address of a party on the backend, or of something of it */
export function partyPath(id, rest = '') {
  return `/api/parties/${encodeURIComponent(id)}${rest}`;
}

/** @param {string} name @param {string} id @returns {string} `/name/id`, the id as a part of a path */
export function below(name, id) {
  return `/${name}/${encodeURIComponent(id)}`;
}
