/**
 * A backend that speaks tus 1.0.0 as its text says, in virtual time: it takes what arrives and forgets nothing, and
 * refuses what breaks the protocol. Faults are put in by the test.
 */
import { ProblemError } from '../../partyapp/web/static/party-client/problem.js';
import { wait } from '../../partyapp/web/static/party-client/scheduler.js';

const STEP_MS = 100;

export class FakeTus {
  /** @type {Map<string, {length: number, bytes: Uint8Array, offset: number, metadata: string, videoId?: string}>} */
  uploads = new Map();
  requests = [];
  /** What happens to the next requests: `(request) => answer|undefined`, one a request. */
  faults = [];
  token = 'secret';
  atOnce = 0;
  mostAtOnce = 0;

  constructor(time, { bytesPerS = 10 * 2 ** 20 } = {}) {
    this.time = time;
    this.bytesPerS = bytesPerS;
    this.transport = (request) => this.#answer(request);
  }

  /** Of one kind of request, in their order. */
  of(method) {
    return this.requests.filter((request) => request.method === method);
  }

  async #answer(request) {
    const { method, url, headers, body, signal } = request;
    this.requests.push({ method, path: new URL(url).pathname, headers, size: body?.size ?? 0, atMs: this.time.now() });
    const fault = this.faults.shift()?.(request);
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      await wait(this.time.scheduler, 1, signal);
      if (fault && !fault.afterBytes) return this.#given(fault);
      return await this.#tus(request, fault);
    } finally {
      this.atOnce -= 1;
    }
  }

  #given({ error, status, headers = {}, body = '' }) {
    if (error) throw ProblemError.ofNetwork(new Error('lost'));
    return answerOf(status, headers, typeof body === 'string' ? body : JSON.stringify(body));
  }

  async #tus(request, fault) {
    const { method, url, headers } = request;
    if (headers['Tus-Resumable'] !== '1.0.0') return answerOf(412, { 'Tus-Version': '1.0.0' });
    if (headers.Authorization !== `Bearer ${this.token}`) return answerOf(401);
    const path = new URL(url).pathname;
    if (method === 'POST' && path === '/api/uploads') return this.#create(headers);
    const upload = this.uploads.get(path);
    if (!upload) return answerOf(404);
    if (method === 'HEAD') return this.#told(200, upload, { 'Upload-Length': String(upload.length) });
    if (method === 'PATCH') return this.#patch(request, upload, fault);
    if (method !== 'DELETE') return answerOf(405);
    this.uploads.delete(path);
    return answerOf(204);
  }

  #create(headers) {
    const length = Number(headers['Upload-Length']);
    if (!Number.isInteger(length)) return answerOf(400);
    const path = `/api/uploads/u${this.uploads.size + 1}-${this.requests.length}`;
    const upload = { length, bytes: new Uint8Array(length), offset: 0, metadata: headers['Upload-Metadata'] };
    this.uploads.set(path, upload);
    return this.#told(201, upload, { Location: path });
  }

  async #patch({ headers, body, signal, onProgress }, upload, fault) {
    if (headers['Content-Type'] !== 'application/offset+octet-stream') return answerOf(415);
    if (Number(headers['Upload-Offset']) !== upload.offset) return answerOf(409);
    if (upload.offset + body.size > upload.length) return answerOf(413);
    const data = new Uint8Array(await body.arrayBuffer());
    const limit = Math.min(data.length, fault?.afterBytes ?? Infinity);
    for (let sent = 0; sent < limit;) {
      await wait(this.time.scheduler, STEP_MS, signal);
      const next = Math.min(limit, sent + (this.bytesPerS * STEP_MS) / 1000);
      upload.bytes.set(data.subarray(sent, next), upload.offset);
      upload.offset += next - sent;
      sent = next;
      onProgress(sent);
    }
    if (upload.offset === upload.length) upload.videoId = `film-${upload.metadata}`;
    if (fault) return this.#given(fault);
    return this.#told(204, upload);
  }

  #told(status, upload, headers = {}) {
    const film = upload.videoId ? { 'Party-Video-Id': upload.videoId } : {};
    return answerOf(status, { 'Upload-Offset': String(upload.offset), ...film, ...headers });
  }
}

function answerOf(status, headers = {}, text = '') {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { status, text, header: (name) => lower.get(name.toLowerCase()) ?? null };
}

/** Bytes that differ from place to place; they begin anew only after 64 KiB. */
const PATTERN = Uint8Array.from({ length: 2 ** 16 }, (_, at) => at * 31 + (at >> 8));

/** A file as `File` is in Node 20 and in browsers. */
export function fileOf(size, name = 'Film.mkv', lastModified = 1) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += PATTERN.length) bytes.set(PATTERN.subarray(0, size - at), at);
  const blob = new Blob([bytes]);
  return Object.assign(blob, { name, lastModified });
}
