/** What `make check` leaves to `make test`. */
import { test } from 'node:test';

/** Declares a test that takes most of a second: `make check` leaves it to `make test`. */
export const thorough = process.env.PARTY_CHECK ? () => {} : test;

/** How many of so many random runs are made: a quarter in `make check`, all of them everywhere else. */
export function runs(all) {
  return process.env.PARTY_CHECK ? Math.ceil(all / 4) : all;
}

/** The seeds of a simulation that takes long: the first alone in `make check`, all of them everywhere else. */
export function seeds(...all) {
  return process.env.PARTY_CHECK ? all.slice(0, 1) : all;
}
