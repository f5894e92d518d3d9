/** The party's view: creates its parts and redraws them when the party changes. */

import { announceChanges } from './announcements.js';
import { ChatPanel } from './chat-panel.js';
import { Choices } from './choices.js';
import { Controls } from './controls.js';
import { mount, setText } from './dom.js';
import { Everyone } from './everyone.js';
import { Fullscreen } from './fullscreen.js';
import { showHistory } from './history.js';
import { Invitations } from './invitations.js';
import { showInvite } from './invite.js';
import { Keyboard } from './keyboard.js';
import { listenToLeave, showClosed } from './leave.js';
import { listenToMediaKeys } from './media-session.js';
import { Members } from './members.js';
import { showAlert, showNews } from './notices.js';
import { OwnPauseControl } from './own-pause.js';
import { PartySettings, showBans } from './party-settings.js';
import { Person } from './person.js';
import { Picture } from './picture.js';
import { Player } from './player.js';
import { Position } from './position.js';
import { showPositionHint } from './position-hint.js';
import { Queue } from './queue.js';
import { Rate } from './rate.js';
import { showReactions } from './reactions.js';
import { Room } from './room.js';
import { SoundTabs } from './sound-tabs.js';
import { clampTrim, loadTrim, saveTrim } from './storage.js';
import { connectionText, isolated, POLLING_TEXT } from './text.js';
import { offerUndo } from './undo-seek.js';
import { Volume } from './volume.js';
import { Waiting } from './waiting.js';

/** Steps of the keys, in seconds. */
const STEP_S = 5;
const FAR_STEP_S = 30;

/** Opens the view of a party this user has joined, and its connection. Answers what closes both. */
export function openParty(context, party) {
  const view = mount(context.root, 'view-party');
  const room = new Room(view, context.session, party);
  const player = new Player(room);
  // Before the view's own listeners: the party's end closes the view, and with it all of them.
  context.frame?.opened(room, player);
  const { controls, ownPause } = createControls(room, player);
  const person = new Person(room);
  new Everyone(room, person);
  const parts = [controls, ownPause, new Members(room, person), person, ...createTogether(room, person)];
  const draw = () => {
    drawHead(room);
    for (const part of parts) part.draw();
  };
  listenToLeave(room, context);
  listenToTrim(room, player.follower);
  listenToConnection(room, context, draw);
  announceChanges(room, context);
  showInvite(room);
  draw();
  view.querySelector('h1').focus({ preventScroll: true });
  room.connection.open();
  return () => room.close();
}

/** What is beside the film: talk, the next films, who gets in, what was set, and what has happened. */
function createTogether(room, person) {
  showReactions(room);
  showHistory(room);
  showBans(room);
  offerUndo(room);
  return [new ChatPanel(room, person), new Queue(room), new Waiting(room), new Invitations(room), new PartySettings(room)];
}

/** Everything that is pressed in the player, by mouse, finger, key or headset. */
function createControls(room, player) {
  const position = new Position(room, player);
  const rate = new Rate(room);
  const controls = new Controls(room, player, position, rate);
  const volume = new Volume(room, player.media);
  const tabs = new SoundTabs(room, volume);
  volume.onWanted = () => tabs.take();
  const fullscreen = new Fullscreen(room);
  const ownPause = new OwnPauseControl(room, player);
  const toggle = () => (room.mayControl ? void controls.toggle() : ownPause.toggleInsteadOfParty());
  const picture = new Picture(room, fullscreen, toggle);
  const choices = new Choices(room, player);
  showPositionHint(room);
  listenToMediaKeys(room, player, controls, position);
  new Keyboard(room, {
    toggle,
    'own-pause': () => ownPause.toggle(),
    back: () => position.seekBy(-STEP_S),
    forward: () => position.seekBy(STEP_S),
    'far-back': () => position.seekBy(-FAR_STEP_S),
    'far-forward': () => position.seekBy(FAR_STEP_S),
    'to-start': () => position.seekTo(0),
    'to-end': () => position.seekToEnd(),
    mute: () => volume.toggleMute(),
    fullscreen: () => void fullscreen.toggle(),
    'leave-fullscreen': () => fullscreen.leave(),
    picture: () => picture.toggle(),
    subtitles: () => choices.toggleSubtitles(),
    slower: () => rate.step(-1),
    faster: () => rate.step(1),
  });
  return { controls, ownPause };
}

function listenToConnection(room, context, draw) {
  const { connection } = room;
  let problem = null;
  for (const type of ['welcome', 'playback', 'event', 'tick', 'presence', 'crowd']) room.on(connection, type, draw);
  room.on(connection, 'problem', ({ detail }) => {
    problem = detail.problem;
    if (problem.code === 'client_error') showAlert(problem);
  });
  room.on(connection, 'removed', ({ detail }) => {
    room.takenOut = detail.banned ? 'banned' : 'takenOut';
  });
  room.on(connection, 'ended', () => void showClosed(room, context, 'ended'));
  room.on(connection, 'state', ({ detail }) => {
    if (connection.state === 'open' || connection.state === 'polling') room.wasOpen = true;
    if (connection.state === 'polling') showNews(POLLING_TEXT);
    draw();
    if (connection.state === 'closed')
      void showClosed(room, context, detail.reason, detail.problem ?? problem);
  });
}

function drawHead(room) {
  const { party, connection, view } = room;
  const title = party.title || party.video.title;
  setText(room.part('title'), title);
  document.title = `${title} · Party`;
  const host = party.members?.find((member) => member.user_id === party.host_id);
  const who = room.isHost ? 'You are the host' : `${isolated(host?.display_name ?? 'Somebody')} is the host`;
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
