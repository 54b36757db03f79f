// Photos and signatures on their way by tus: each goes on where it broke off, and stays here until the server has it.
import { Upload } from "vendor/tus";
import { UPLOADS } from "./server.js";
import { database, load, me } from "./state.js";

const PIECE = 512 * 1024;
/** Answers that will not change however often a file is sent. */
const FINAL = [403, 404, 413, 415, 422];
/** Answers after which it is begun anew. */
const ANEW = [410, 460];

/** Send what waits, the oldest first. @returns {Promise<void>} */
export async function sendFiles() {
  const waiting = await database.getAllFromIndex("files", "waits", 1);
  for (const file of waiting.sort((a, b) => a.at - b.at)) {
    const status = await send(file);
    const now = await database.get("files", file.id);
    if (!now) continue;
    if (status === 200) await database.put("files", { ...gone(now), sent: Date.now() });
    else if (FINAL.includes(status)) await database.put("files", { ...gone(now), refused: status, bytes: now.bytes });
    else if (ANEW.includes(status)) await database.put("files", { ...now, url: "" });
    else throw new TypeError(`upload ${status}`);
    await load(["files"]);
  }
}

/** A file that waits no more; the server has its bytes. @param {any} file */
function gone({ waits, bytes, ...kept }) {
  return kept;
}

/** @param {any} file @returns {Promise<number>} 200, or the status that stopped it; 0: the line broke */
function send(file) {
  return new Promise((resolve) => {
    const upload = new Upload(new Blob([file.bytes], { type: file.type }), {
      endpoint: UPLOADS,
      uploadUrl: file.url || null,
      chunkSize: PIECE,
      retryDelays: null,
      storeFingerprintForResuming: false,
      headers: { Authorization: `Bearer ${me.value.token}` },
      metadata: {
        attachment_id: file.id, work_order_id: file.work_order_id, sha256: file.sha256, filename: file.name, filetype: file.type,
      },
      onUploadUrlAvailable: () => { void remember(file.id, upload.url ?? ""); },
      onSuccess: () => resolve(200),
      onError: (error) => resolve("originalResponse" in error ? error.originalResponse?.getStatus() ?? 0 : 0),
    });
    upload.start();
  });
}

/** @param {string} id @param {string} url */
async function remember(id, url) {
  const transaction = database.transaction("files", "readwrite");
  const file = await transaction.store.get(id);
  if (file?.waits) await transaction.store.put({ ...file, url });
  await transaction.done;
}
