// Runs in a process of its own: better-auth's phone-number plugin on Node with SQLite, the peer of our one-time codes.
// It draws a code, stores it, hands a text to the same carrier and checks guesses. In its favour: a write-ahead log
// (its guide leaves SQLite's slower default), no session, no log line, a user for every number already there, three
// guesses instead of five. Its answers are durable, as ours are. There are two: `bare` has no limiter; `limited` has
// its own, kept in the database as its guide says for limits that must survive a restart, so that like ours it counts
// across codes; its limit is too high to refuse anything. Started by `startHelper` in processes.mjs with the carrier's
// port, a folder and which of the two.
import { randomUUID } from "node:crypto";
import { Agent, createServer, request } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { phoneNumber } from "better-auth/plugins";

const [carrierPort, folder, kind] = process.argv.slice(2);
const unlimited = { window: 60, max: 1_000_000_000 };
const numbers = 1_000;
const agent = new Agent({ keepAlive: true, maxSockets: 24 });
/**
 * The code of each number, read from its text: the load generator cannot know what better-auth draws, and asks here.
 */
const drawn = new Map();
const ANY = "the code";

/** The one call to the carrier, as ours makes it. */
function text(to, code) {
  const body = JSON.stringify({ message: randomUUID(), to, text: `Your code is ${code}. Do not share it.` });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = request({ port: carrierPort, path: "/sms", method: "POST", agent, headers }, (answer) => {
      answer.resume().once("end", resolve);
    });
    call.once("error", reject);
    call.end(body);
  });
}

const database = new DatabaseSync(join(folder, "better-auth.sqlite"));
database.exec("PRAGMA journal_mode = WAL");
database.exec("PRAGMA synchronous = FULL");
const auth = betterAuth({
  baseURL: "http://127.0.0.1",
  secret: randomUUID() + randomUUID(),
  database,
  rateLimit:
    kind === "limited"
      ? { enabled: true, storage: "database", ...unlimited, customRules: { "/phone-number/*": unlimited } }
      : { enabled: false },
  logger: { disabled: true },
  plugins: [
    phoneNumber({
      sendOTP: ({ phoneNumber: to, code }) => {
        drawn.set(to, code);
        return text(to, code);
      },
      signUpOnVerification: { getTempEmail: () => `${randomUUID()}@phone.example`, getTempName: () => "Bench" },
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();
const context = await auth.$context;
for (let at = 0; at < numbers; at++) {
  const phone = `+447700900${String(at).padStart(3, "0")}`;
  const email = `${at}@phone.example`;
  await context.internalAdapter.createUser({ email, name: "Bench", phoneNumber: phone, phoneNumberVerified: true });
}

const server = createServer((incoming, answer) => {
  let body = "";
  incoming.setEncoding("utf8").on("data", (chunk) => (body += chunk));
  incoming.on("end", () => void serve(incoming, body, answer));
});

async function serve(incoming, body, answer) {
  const asked = JSON.parse(body);
  if (asked.code === ANY) asked.code = drawn.get(asked.phoneNumber);
  const headers = {
    "content-type": "application/json",
    origin: "http://127.0.0.1",
    "x-forwarded-for": "192.0.2.1", // the caller that its limiter counts
  };
  const url = `http://127.0.0.1/api/auth/phone-number${incoming.url}`;
  const said = await auth.handler(new Request(url, { method: "POST", headers, body: JSON.stringify(asked) }));
  answer.writeHead(said.status, { "content-type": "application/json" }).end(await said.text());
}

server.listen(0, "127.0.0.1", () => process.send({ ready: server.address().port }));
process.on("disconnect", () => process.exit(0));
