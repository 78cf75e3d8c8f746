/**
 * The carriers' callback for receipts. The MAC in the path is checked before any object is called; then the account's courier checks
 * the carrier's signature over the raw bytes; then the tenant's object applies the report, if the message was given to that account.
 * Unknown and late reports are answered 200, because a carrier would only repeat them.
 */
import { readCallback, type Called, type DoorKeys } from "../access/api-key.ts";
import { z } from "zod";
import { EXAMPLE_LATER, exampleId } from "../contract/example.ts";
import { parseId, type Owner } from "../base/ids.ts";
import { readCallbackRequest, type Incoming } from "../net/incoming.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import type { OpenRoute } from "../contract/route.ts";
import type { Report } from "../carriers/carrier.ts";
import { ReceiptBody } from "../carriers/adapters/http.ts";

export type ReceiptDeps = {
  door: DoorKeys;
  /** The origin of the callback URLs that carriers were given; some carriers sign the URL. Empty: the request's own. */
  publicUrl: string;
  verify: (account: string, callback: Incoming & { message: string; called: Called }) => Promise<Outcome<Report[]>>;
  settle: (owner: Owner, account: string, reports: Report[]) => Promise<Outcome<number>>;
};

/** A receipt is a few hundred bytes; a carrier may put a hundred of them in one call. */
const RECEIPT_BYTES_MAX = 128 * 1_024;

/** The route as data, for the OpenAPI document; the app mounts `receiveReceipt` on it. */
export const receiptRoute: OpenRoute = {
  name: "carriersReceipt",
  method: "post",
  path: "/carriers/{account}/receipts/{name}",
  summary: "Report what became of a message",
  detail:
    "For carriers, at the `receipt_url` that came with the message; its last part is the message's id and a MAC. Signed by Standard Webhooks v1 with the account's secret. Shown here as the `http` carrier writes it. A report that comes twice, late or for an unknown message is answered 200 and changes nothing.",
  tag: "Carriers",
  params: z.strictObject({
    account: z
      .string()
      .max(64)
      .meta({ examples: [exampleId("car")] }),
    name: z
      .string()
      .max(100)
      .meta({ examples: [`${exampleId("msg")}.bt47k1c4h7j1k6m3n0p5q8s`] }),
  }),
  headers: z.object({
    "webhook-id": z.string().max(256),
    "webhook-timestamp": z.string().regex(/^\d{1,12}$/),
    "webhook-signature": z.string(),
  }),
  body: ReceiptBody,
  answer: z.object({ applied: z.int().meta({ description: "How many states changed.", examples: [1] }) }),
  refuses: ["not_found", "unauthenticated", "malformed_body", "body_too_large", "body_too_slow", "keys_unavailable"],
  example: { message: exampleId("msg"), state: "delivered", at: EXAMPLE_LATER },
};

/** Reads and applies one callback; answers how many states it changed. */
export async function receiveReceipt(
  deps: ReceiptDeps,
  account: string,
  name: string,
  request: Request,
): Promise<Outcome<number>> {
  const [message = "", mac = "", ...more] = name.split(".");
  if (more.length > 0) return refuse("not_found"); // only the path as it was given is valid
  const owner = parseId(message);
  if (owner === null || owner.prefix !== "msg" || parseId(account)?.prefix !== "car") return refuse("not_found");
  const called = readCallback(deps.door, account, message, mac);
  if (called === null) return refuse("not_found");
  const callback = await readCallbackRequest(request, deps.publicUrl, RECEIPT_BYTES_MAX);
  if (isRefused(callback)) return callback;
  const verified = await deps.verify(account, { message, called, ...callback.ok });
  if (isRefused(verified)) return verified;
  const reports = verified.ok.map((one) => (one.message === message ? { ...one, called: called.at } : one));
  return deps.settle({ jurisdiction: owner.jurisdiction, code: owner.code }, account, reports);
}
