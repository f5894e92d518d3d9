// The same room with socket.io, by its own means: `join`, and `io.to(room).emit`. WebSocket transport only.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const USER_ID = randomUUID();
const VIDEO_ID = randomUUID();
const revisions = new Map();
const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

io.on('connection', (socket) => {
  const name = socket.handshake.query.room;
  socket.join(name);
  socket.on('command', (command) => {
    const revision = (revisions.get(name) ?? 1) + 1;
    revisions.set(name, revision);
    io.to(name).emit('playback', {
      type: 'playback',
      revision,
      playback: { state: 'playing', position_s: command.position_s, rate: 1, at_ms: Date.now(), revision },
      action: command.action,
      by: name,
      command_id: command.id,
    });
  });
  // What a chat's message holds of ours, and nothing of it is kept.
  socket.on('chat', (said) => {
    const seq = (revisions.get(name) ?? 0) + 1;
    revisions.set(name, seq);
    io.to(name).emit('chat', {
      type: 'chat',
      message: {
        seq, id: said.id, user_id: USER_ID, display_name: 'Member', text: said.text, at_ms: Date.now(),
        position_s: 12.5, video_id: VIDEO_ID,
      },
    });
  });
});

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(`listening: ${http.address().port}`));
