/** The party's view: creates its parts and redraws them when the party changes. */

import { Controls } from './controls.js';
import { mount, setText } from './dom.js';
import { listenToLeave, showClosed } from './leave.js';
import { showInvite } from './invite.js';
import { listenToKeys, listenToMediaKeys } from './keyboard.js';
import { Members } from './members.js';
import { showNotice, showAlert } from './notices.js';
import { Player } from './player.js';
import { Room } from './room.js';
import { clampTrim, loadTrim, saveTrim } from './storage.js';
import { Volume } from './volume.js';
import { Fullscreen } from './fullscreen.js';
import { connectionText, eventText, playbackText } from './text.js';

/** Opens the view of a party this user has joined, and its connection. Answers what closes both. */
export function openParty(context, party) {
  const view = mount(context.root, 'view-party');
  const room = new Room(view, context.session, party);
  const player = new Player(room);
  const controls = new Controls(room, player);
  const members = new Members(room);
  const draw = () => {
    drawHead(room);
    controls.draw();
    members.draw();
  };
  listenToKeys(room, controls, new Volume(room, player.media), new Fullscreen(room));
  listenToMediaKeys(room, controls);
  listenToLeave(room, context);
  listenToTrim(room, player.follower);
  listenToConnection(room, context, draw);
  announceChanges(room);
  showInvite(room);
  draw();
  view.querySelector('h1').focus({ preventScroll: true });
  room.connection.open();
  return () => room.close();
}

function listenToConnection(room, context, draw) {
  const { connection } = room;
  let problem = null;
  for (const type of ['welcome', 'playback', 'event', 'tick', 'presence', 'crowd']) room.on(connection, type, draw);
  room.on(connection, 'problem', ({ detail }) => {
    problem = detail.problem;
    if (problem.code === 'client_error') showAlert(problem);
  });
  room.on(connection, 'ended', () => void showClosed(room, context, 'ended'));
  room.on(connection, 'state', ({ detail }) => {
    if (connection.state === 'open') room.wasOpen = true;
    draw();
    if (connection.state === 'closed')
      void showClosed(room, context, detail.reason, detail.problem ?? problem);
  });
}

/** Shows a notice of what other members did. */
function announceChanges(room) {
  const nameOf = (userId) => room.nameOf(userId);
  room.on(room.connection, 'playback', ({ detail }) => {
    if (!detail.by || detail.by === room.userId) return;
    showNotice(playbackText(detail.action, detail.playback?.position_s, nameOf(detail.by)));
  });
  room.on(room.connection, 'event', ({ detail }) => {
    showNotice(eventText(detail.event, nameOf, room.userId));
  });
}

function drawHead(room) {
  const { party, connection, view } = room;
  const title = party.title || party.video.title;
  setText(room.part('title'), title);
  document.title = `${title} · Party`;
  const host = party.members?.find((member) => member.user_id === party.host_id);
  const who = room.isHost ? 'You are the host' : `${host?.display_name ?? 'Somebody'} is the host`;
  setText(
    room.part('subtitle'),
    party.title && party.title !== party.video.title ? `${party.video.title} · ${who}` : who,
  );

  const pill = room.part('connection');
  pill.dataset.connection = connection.state;
  setText(room.part('connection-text'), connectionText(connection.state, room.wasOpen));

  const stage = view.querySelector('#stage');
  stage.dataset.state = party.playback.state;
  stage.dataset.role = room.isHost ? 'host' : 'member';
  stage.dataset.connection = connection.state;
  stage.dataset.revision = String(party.revision);
  room.part('end').hidden = !room.isHost;
}

function listenToTrim(room, follower) {
  const field = room.part('trim');
  field.value = String(loadTrim());
  room.on(field, 'change', () => {
    const trimMs = clampTrim(field.value);
    field.value = String(trimMs);
    saveTrim(trimMs);
    follower.trimMs = trimMs;
  });
}
