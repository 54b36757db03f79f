// A phone that sends one file by an unmodified tus-js-client; asked on standard input as rxdb_phone.mjs is:
//   url, token, path, metadata, chunk
import { createReadStream, statSync } from 'node:fs';
import { Upload } from 'tus-js-client';

const asked = JSON.parse(await new Promise((resolve) => {
  let text = '';
  process.stdin.on('data', (part) => { text += part; }).on('end', () => resolve(text));
}));
let retries = 0;
const answer = await new Promise((resolve) => {
  const upload = new Upload(createReadStream(asked.path), {
    endpoint: `${asked.url}/api/mobile/v1/uploads`,
    headers: { Authorization: `Bearer ${asked.token}` },
    metadata: asked.metadata,
    chunkSize: asked.chunk,
    uploadSize: statSync(asked.path).size,
    retryDelays: Array(40).fill(50),
    onShouldRetry: (error) => {
      retries += 1;
      const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
      return status === 0 || status === 409 || status === 423 || status >= 500;
    },
    onError: (error) => resolve({ error: String(error), retries }),
    onSuccess: () => resolve({ location: upload.url, retries }),
  });
  upload.start();
});
process.stdout.write(JSON.stringify(answer));
process.exit(0);
