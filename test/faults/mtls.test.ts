/**
 * A carrier that asks for a client certificate, over real TLS: an account with `mtls` calls through its binding and is known by
 * its certificate; one without it, or with another's, hands over no text.
 */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { selfSigned } from "../support/receivers/self-signed.ts";
import { eventually, Signal } from "../support/run/signal.ts";

const ours = selfSigned("maskline.example");
const strangers = selfSigned("stranger.example");
const carriers = selfSigned("localhost");
const SECRET = `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`;

/** Texts that were handed over, with the common name of the certificate they came with. */
const taken: { by: string; text: string }[] = [];
const signal = new Signal();
let refused = 0;
let server: Server;
let service: Service;

beforeAll(async () => {
  const asks = { ...carriers, requestCert: true, rejectUnauthorized: true, ca: [ours.cert] };
  server = createServer(asks, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { text } = JSON.parse(Buffer.concat(chunks).toString()) as { text: string };
      const name = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
      taken.push({ by: String(name), text });
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ accepted: true }));
      signal.ring();
    });
  });
  server.on("tlsClientError", () => {
    refused += 1;
    signal.ring();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  service = await Service.start({
    certificates: {
      MTLS_CARRIER: { ...ours, trusted: carriers.cert },
      MTLS_STRANGER: { ...strangers, trusted: carriers.cert },
      MTLS_ELSEWHERE: { ...ours, trusted: strangers.cert },
    },
  });
});
afterAll(async () => {
  await service?.stop();
  server?.close();
});

async function tenantBy(mtls: string): Promise<Tenant> {
  const url = `https://localhost:${(server.address() as AddressInfo).port}/sms`;
  const account = { name: mtls, kind: "http", mode: "test", url, secret: SECRET, mtls };
  const { id } = await service.admin<{ id: string }>("POST /admin/v1/carriers", account);
  return service.tenant(mtls, [id]);
}

test("an account with a client certificate is known by it, and its text is taken", async () => {
  const tenant = await tenantBy("MTLS_CARRIER");
  const id = await tenant.sent({ text: "With a certificate" });
  await signal.until("it is handed over", 15_000, () => taken.length === 1);
  expect(taken).toEqual([{ by: "maskline.example", text: "With a certificate" }]);
  await eventually("it is sent", 10_000, async () => ((await tenant.get(id)).state === "sent" ? true : null));
});

test.each(["MTLS_STRANGER", "MTLS_ELSEWHERE"])(
  "%s: a certificate the carrier does not know, or a carrier we do not, ends the handshake, and no text was there",
  async (mtls) => {
    const before = { taken: taken.length, refused };
    const tenant = await tenantBy(mtls);
    const id = await tenant.sent({ text: "Not for you" });
    await signal.until("the handshake failed", 15_000, () => refused > before.refused);
    const { state, attempts } = await eventually("the call has an outcome", 15_000, async () => {
      const message = await tenant.get(id);
      return message.attempts.some(({ outcome }) => outcome !== null) ? message : null;
    });
    expect(attempts[0]?.outcome).not.toBe("accepted");
    expect(["sending", "unknown", "failed", "queued"]).toContain(state);
    expect(taken.length).toBe(before.taken);
    expect(JSON.stringify(attempts)).not.toContain("Not for you");
  },
);
