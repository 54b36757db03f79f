// A phone made of an unmodified RxDB client: memory storage, validated schemas, HTTP replication.
//
// It reads what it is to do from standard input, one JSON object, and answers with one on standard output:
//   url, token     where the server (or a proxy that spoils some of it) is
//   collections    the schemas of the documents
//   visit          id of the visit to carry out
//   ops            operations to say of it, in order, without ids
//   offline        whether they are said before the network is there
//   timeout_s      after which it gives up
import { addRxPlugin, createRxDatabase } from 'rxdb/plugins/core';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { RxDBUpdatePlugin } from 'rxdb/plugins/update';

addRxPlugin(RxDBUpdatePlugin);

const asked = JSON.parse(await new Promise((resolve) => {
  let text = '';
  process.stdin.on('data', (part) => { text += part; }).on('end', () => resolve(text));
}));

const errors = [];
let requests = 0;
let failures = 0;

async function ask(path, options = {}) {
  requests += 1;
  let response;
  try {
    response = await fetch(`${asked.url}/api/mobile/v1/sync/${path}`, {
      ...options,
      headers: { Authorization: `Bearer ${asked.token}`, 'X-Clock-Offset-Ms': '0', 'X-Schema-Version': '1', ...options.headers },
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return await response.json();
  } catch (error) {
    failures += 1;
    throw error;
  }
}

const database = await createRxDatabase({
  name: `phone-${Math.random().toString(36).slice(2)}`,
  storage: wrappedValidateAjvStorage({ storage: getRxStorageMemory() }),
  multiInstance: false,
});
const schemas = asked.collections;
await database.addCollections(Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [name, { schema }]),
));

function replicate(name) {
  const state = replicateRxCollection({
    collection: database[name],
    replicationIdentifier: `server-${name}`,
    live: true,
    retryTime: 100,
    pull: {
      batchSize: 5,
      handler: (checkpoint, limit) =>
        ask(`${name}?limit=${limit}&checkpoint=${encodeURIComponent(JSON.stringify(checkpoint ?? null))}`),
    },
    push: name === 'ops'
      ? {
        batchSize: 3,
        handler: (rows) => ask(name, {
          method: 'POST', body: JSON.stringify(rows), headers: { 'Content-Type': 'application/json' },
        }),
      }
      : undefined,
  });
  state.error$.subscribe((error) => {
    const inner = error.parameters?.errors?.[0];
    if (inner && /VD2|schema/.test(String(inner.code ?? inner.message))) errors.push(JSON.stringify(inner).slice(0, 500));
    if (String(error.code) === 'VD2') errors.push(String(error).slice(0, 500));
  });
  return state;
}

const giveUpAt = Date.now() + 1000 * asked.timeout_s;
async function until(what, truth) {
  for (;;) {
    const found = await truth();
    if (found) return found;
    if (errors.length || Date.now() > giveUpAt) throw new Error(`${what}: not in time; ${errors.join('; ')}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

const say = async (visit) => {
  for (const op of asked.ops) {
    await database.ops.insert({
      id: crypto.randomUUID(), work_order_id: visit.work_order_id, assignment_id: visit.assignment_id, ...op,
    });
  }
};

let states = [];
try {
  states = Object.keys(schemas).map(replicate);
  const visit = await until('the visit comes', async () => {
    const found = await database.work_orders.findOne(asked.visit).exec();
    return found && found.toJSON();
  });
  if (asked.offline) {
    await Promise.all(states.map((state) => state.cancel()));
    await say(visit);
    states = Object.keys(schemas).map(replicate);
  } else {
    await say(visit);
  }
  const again = setInterval(() => states.forEach((state) => state.reSync()), 300);
  await until('every operation is judged', async () => {
    const ops = await database.ops.find().exec();
    return ops.length >= asked.ops.length && ops.every((op) => op.outcome && op.outcome !== 'pending');
  });
  await until('the visit shows it', async () => {
    const found = await database.work_orders.findOne(asked.visit).exec();
    return !found || found.status === asked.until;
  });
  clearInterval(again);
  for (let round = 0; round < 3; round += 1) { // what came late may have changed the outcome of what came before
    states.forEach((state) => state.reSync());
    await Promise.all(states.map((state) => state.awaitInSync()));
  }
  const all = {};
  for (const name of Object.keys(schemas)) {
    all[name] = (await database[name].find().exec()).map((document) => document.toJSON());
  }
  process.stdout.write(JSON.stringify({ held: all, requests, failures, errors }));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: String(error), requests, failures, errors }));
}
await Promise.all(states.map((state) => state.cancel()));
process.exit(0);
