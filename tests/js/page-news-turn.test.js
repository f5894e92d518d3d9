/** News waits for the answer to what a person did. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ANSWER_LEAST_MS, NewsTurn } from '../../partyapp/web/static/page/news-turn.js';

function setUp() {
  const shown = [];
  const timers = [];
  let nowMs = 1000;
  const turn = new NewsTurn((text) => shown.push(text), {
    now: () => nowMs,
    after: (ms, run) => timers.push([nowMs + ms, run]),
  });
  const pass = (ms) => {
    const endMs = nowMs + ms;
    while (timers.some(([atMs]) => atMs <= endMs)) {
      timers.sort(([one], [other]) => one - other);
      const [atMs, run] = timers.shift();
      nowMs = atMs;
      run();
    }
    nowMs = endMs;
  };
  return { turn, shown, pass, timers };
}

test('news is shown at once when nobody has asked for anything', () => {
  const { turn, shown } = setUp();
  turn.put('Grace joined');
  turn.put('Ada left');
  assert.deepEqual(shown, ['Grace joined', 'Ada left']);
});

test('news does not take the place of an answer before its time', () => {
  const { turn, shown, pass } = setUp();
  turn.answered();
  pass(100);
  turn.put('Grace joined');
  pass(ANSWER_LEAST_MS - 101);
  assert.deepEqual(shown, []);
  pass(1);
  assert.deepEqual(shown, ['Grace joined']);
});

test('of news that waits the newest is shown, once, and one timer runs', () => {
  const { turn, shown, pass, timers } = setUp();
  turn.answered();
  for (const text of ['Grace joined', 'Ada left', 'Edsger joined']) turn.put(text);
  assert.equal(timers.length, 1);
  pass(10 * ANSWER_LEAST_MS);
  assert.deepEqual(shown, ['Edsger joined']);
});

test('another answer meanwhile has its time, too', () => {
  const { turn, shown, pass } = setUp();
  turn.answered();
  turn.put('Grace joined');
  pass(ANSWER_LEAST_MS - 1);
  turn.answered();
  pass(ANSWER_LEAST_MS - 1);
  assert.deepEqual(shown, []);
  pass(1);
  assert.deepEqual(shown, ['Grace joined']);
});

test('who puts the answer away sees the news, and sees it once', () => {
  const { turn, shown, pass } = setUp();
  turn.answered();
  turn.put('Grace joined');
  turn.dismissed();
  assert.deepEqual(shown, ['Grace joined']);
  pass(10 * ANSWER_LEAST_MS);
  turn.put('Ada left');
  assert.deepEqual(shown, ['Grace joined', 'Ada left']);
});
