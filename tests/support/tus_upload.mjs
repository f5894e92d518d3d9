// Uploads a file with tus-js-client as a page would, and tells what became of it as a line of JSON.
//
//   node tus_upload.mjs URL TOKEN FILE PART_BYTES STOP_AT_BYTES [UPLOAD_URL]
//
// STOP_AT_BYTES: give up once so much has been sent, 0 for never. UPLOAD_URL: go on with that upload.
import { createReadStream, statSync } from 'node:fs';
import { createRequire } from 'node:module';

const tus = createRequire(new URL('../js/package.json', import.meta.url))('tus-js-client');

const [url, token, file, partBytes, stopAt, uploadUrl] = process.argv.slice(2);
const heard = [];

function tell(outcome) {
  process.stdout.write(`${JSON.stringify({ ...outcome, heard, url: upload.url })}\n`, () => process.exit());
}

const upload = new tus.Upload(createReadStream(file), {
  endpoint: `${url}/api/uploads`,
  uploadUrl: uploadUrl ?? null,
  uploadSize: statSync(file).size,
  chunkSize: Number(partBytes),
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: 'A film.mkv' },
  onAfterResponse: (request, response) => {
    heard.push(`${request.getMethod()} ${response.getStatus()}`);
    if (request.getMethod() === 'PATCH') upload.video = response.getHeader('Party-Video-Id');
  },
  onProgress: (sent) => {
    if (Number(stopAt) > 0 && sent >= Number(stopAt)) upload.abort().then(() => tell({ outcome: 'stopped' }));
  },
  onSuccess: () => tell({ outcome: 'done', video: upload.video }),
  onError: (error) => tell({ outcome: 'error', error: String(error) }),
});
upload.start();
