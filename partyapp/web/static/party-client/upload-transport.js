// @ts-check
/**
 * One request of an upload. By XMLHttpRequest: `fetch` tells nothing of how much of a body has left, and a body that
 * is a stream, which would, is known to Chromium alone.
 */
import { ProblemError } from './problem.js';

/** @import {UploadAnswer, UploadRequest} from './types.js' */

/**
 * @param {UploadRequest} request
 * @returns {Promise<UploadAnswer>} rejects with a `network_error`, or with the signal's reason
 */
export function xhrTransport({ method, url, headers, body, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const request = new XMLHttpRequest();
    const onAbort = () => request.abort();
    const done = () => signal.removeEventListener('abort', onAbort);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (body) request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      done();
      const { status, responseText: text } = request;
      resolve({ status, text, header: (name) => request.getResponseHeader(name) });
    });
    request.addEventListener('error', () => {
      done();
      reject(ProblemError.ofNetwork(new Error('no answer')));
    });
    request.addEventListener('abort', () => {
      done();
      reject(signal.reason ?? ProblemError.ofNetwork(new Error('aborted')));
    });
    signal.addEventListener('abort', onAbort);
    request.send(body);
  });
}
