// Photos and signatures on their way by tus, beside all other talk: each goes on where it broke off, and its bytes stay
// here until some time after the server has them.
import { Upload } from "vendor/tus";
import { UPLOADS } from "./server.js";
import { database, load, me } from "./state.js";

const PIECE = 512 * 1024;
const PATIENCE_MS = 60_000;
const AGAIN_MS = 30_000;
/** How long bytes are kept that the server has: it may be put back to a state before it had them. */
const KEPT_MS = 2 * 86_400_000;
/** What our server says that will not change however often a file is sent. */
const FINAL = ["file_type", "too_many_pixels", "too_much", "not_found", "attachment_taken"];
/** What it says where the file has to be begun anew. */
const ANEW = ["upload_over", "hash_differs"];

let running = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let later;

/** Send what waits, the oldest first; one that cannot be sent now holds up no other. @returns {Promise<void>} */
export async function sendFiles() {
  if (running || !me.value) return;
  running = true;
  clearTimeout(later);
  let failed = false;
  try {
    const waiting = await database.getAllFromIndex("files", "waits", 1);
    for (const file of waiting.sort((a, b) => a.at - b.at)) {
      const told = await send(file);
      if (told === "sent") await change(file.id, ({ waits, ...kept }) => ({ ...kept, sent: Date.now() }));
      else if (FINAL.includes(told)) await change(file.id, ({ waits, ...kept }) => ({ ...kept, refused: told }));
      else if (ANEW.includes(told)) await change(file.id, (kept) => ({ ...kept, url: "" }));
      failed ||= told !== "sent" && !FINAL.includes(told);
    }
    await forgetOld();
  } catch {
    failed = true;
  } finally {
    running = false;
  }
  await load(["files"]);
  if (failed) later = setTimeout(sendFiles, AGAIN_MS);
}

/** Send a refused file once more. @param {string} id */
export async function sendAgain(id) {
  await change(id, ({ refused, ...kept }) => ({ ...kept, url: "", waits: 1 }));
  await load(["files"]);
  void sendFiles();
}

/** @param {any} file @returns {Promise<string>} "sent", the server's word for what is wrong, or nothing: try later */
async function send(file) {
  const bytes = await database.get("bytes", file.id);
  if (!bytes) return "not_found";
  return new Promise((resolve) => {
    /** @type {ReturnType<typeof setTimeout>} */
    let patience;
    const end = (/** @type {string} */ told) => {
      clearTimeout(patience);
      resolve(told);
    };
    const wait = () => {
      clearTimeout(patience);
      // A line that went silent says nothing by itself.
      patience = setTimeout(() => { void upload.abort(); end(""); }, PATIENCE_MS);
    };
    const upload = new Upload(new Blob([bytes], { type: file.type }), {
      endpoint: UPLOADS,
      uploadUrl: file.url || null,
      chunkSize: PIECE,
      retryDelays: null,
      storeFingerprintForResuming: false,
      headers: { Authorization: `Bearer ${me.value.token}` },
      metadata: {
        attachment_id: file.id, work_order_id: file.work_order_id, sha256: file.sha256, filename: file.name, filetype: file.type,
      },
      onUploadUrlAvailable: () => { void change(file.id, (kept) => (kept.waits ? { ...kept, url: upload.url ?? "" } : kept)); },
      onProgress: wait,
      onSuccess: () => end("sent"),
      onError: (error) => end("originalResponse" in error ? codeOf(error.originalResponse) : ""),
    });
    wait();
    upload.start();
  });
}

/** What our server says is wrong; nothing where it is not our server that answers. @param {any} answer */
function codeOf(answer) {
  try {
    const said = JSON.parse(answer?.getBody() ?? "");
    return said.status === answer.getStatus() ? String(said.code ?? "") : "";
  } catch {
    return "";
  }
}

/** @param {string} id @param {(file: any) => any} to */
async function change(id, to) {
  const transaction = database.transaction("files", "readwrite");
  const file = await transaction.store.get(id);
  if (file) await transaction.store.put(to(file));
  await transaction.done;
}

async function forgetOld() {
  const old = (await database.getAll("files")).filter((file) => file.sent && file.sent < Date.now() - KEPT_MS);
  for (const file of old) await database.delete("bytes", file.id);
}
