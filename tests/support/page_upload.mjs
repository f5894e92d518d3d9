/**
 * The page's upload client against a real server: `node page_upload.mjs URL TOKEN FILE`. The connection is cut in
 * mid-part, the page is opened anew in the middle, and the file goes on; then it is begun once more, left, and
 * dropped. Prints what came of it as JSON.
 */
import { openAsBlob } from 'node:fs';
import http from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { PartyApi } from '../../partyapp/web/static/party-client/rest.js';
import { UploadMemory } from '../../partyapp/web/static/party-client/upload-memory.js';
import { Uploads } from '../../partyapp/web/static/party-client/uploads.js';

const [, , baseUrl, token, path] = process.argv;
const requests = [];
/** After so many bytes of a part the next connection breaks. */
let cutAfter = Infinity;

/** As XMLHttpRequest does it in a browser. */
function transport({ method, url, headers, body, signal, onProgress }) {
  const one = { method, offset: Number(headers['Upload-Offset'] ?? 0), status: 0 };
  requests.push(one);
  return new Promise((resolve, reject) => {
    const length = body ? { 'Content-Length': String(body.size) } : {};
    const request = http.request(url, { method, headers: { ...headers, ...length }, agent: false });
    const fail = (reason) => {
      request.destroy();
      reject(reason);
    };
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    request.on('error', (error) => reject(signal.aborted ? signal.reason : ProblemError.ofNetwork(error)));
    request.on('response', async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      one.status = response.statusCode;
      resolve({ status: response.statusCode, text, header: (name) => response.headers[name.toLowerCase()] ?? null });
    });
    if (!body) {
      request.end();
      return;
    }
    let sent = 0;
    const pieces = Readable.fromWeb(body.stream());
    pieces.pipe(request);
    pieces.on('data', (piece) => {
      sent += piece.length;
      onProgress(sent);
      if (sent < cutAfter) return;
      cutAfter = Infinity;
      pieces.unpipe(request);
      const cut = () => fail(ProblemError.ofNetwork(new Error('cut')));
      // What was written has left before the line breaks.
      if (request.writableNeedDrain) request.once('drain', cut);
      else setImmediate(cut);
    });
  });
}

const kept = { text: null };
const memory = () => new UploadMemory({ load: () => kept.text, save: (text) => { kept.text = text; } });
const page = () => {
  const api = new PartyApi({ baseUrl, token });
  return new Uploads({ api, person: 'ada', memory: memory(), transport, windowTarget: null });
};
const settled = (upload, holds) => new Promise((resolve) => {
  const look = () => holds() && resolve();
  upload.addEventListener('change', look);
  upload.addEventListener('progress', look);
  look();
});

const file = Object.assign(await openAsBlob(path), { name: basename(path), lastModified: 1 });
const isOver = (upload) => ['done', 'failed'].includes(upload.state);
cutAfter = 3 * 2 ** 20;
const first = page().add(file);
await settled(first, () => first.sentBytes > 9 * 2 ** 20 || isOver(first));
first.pause();
const second = page().add(file);
await settled(second, () => isOver(second));
const sent = requests.splice(0);
const left = page().add(file);
await settled(left, () => left.sentBytes > 0 || isOver(left));
left.pause();
const [unfinished] = memory().list('ada');
await page().forget(unfinished);
console.log(JSON.stringify({
  state: second.state, videoId: second.videoId, startedOver: second.startedOver, error: second.error?.message ?? null,
  requests: sent, remembered: memory().list('ada').length, dropped: unfinished.path,
}));
process.exit(0);
