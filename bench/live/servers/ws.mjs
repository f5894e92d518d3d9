// A room in one process's memory with the `ws` package: what most watch-party servers are.
// `?room=<name>` sits down; a command is broadcast to the room, serialised once, sent to each. A ping is
// answered, and a status kept.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const rooms = new Map();
const now = () => performance.timeOrigin + performance.now();
const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });

server.on('connection', (socket, request) => {
  const name = new URL(request.url, 'http://localhost').searchParams.get('room');
  let room = rooms.get(name);
  if (room === undefined) {
    room = { members: new Set(), revision: 1 };
    rooms.set(name, room);
  }
  room.members.add(socket);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    room.members.delete(socket);
    if (room.members.size === 0) rooms.delete(name);
  });
  socket.on('message', (data) => {
    const command = JSON.parse(data);
    if (command.type === 'ping') {
      const t2 = now();
      socket.send(JSON.stringify({ type: 'pong', n: command.n, t1: command.t1, t2, t3: now() }));
      return;
    }
    if (command.type === 'status') {
      socket.status = command;
      return;
    }
    room.revision += 1;
    const text = JSON.stringify({
      type: 'playback',
      revision: room.revision,
      playback: {
        state: 'playing', position_s: command.position_s, rate: 1, at_ms: Date.now(), revision: room.revision,
      },
      action: command.action,
      by: name,
      command_id: command.id,
    });
    for (const member of room.members) if (member.readyState === 1) member.send(text);
  });
  socket.send('{"type":"welcome"}');
});

http.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(`listening: ${http.address().port}`));
